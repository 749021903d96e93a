// `npm run ablate -- ARGS`: the program from a clone, installed and built first where needed.
import { relative } from 'node:path';
import { prepare, root } from './prepare.mjs';

if (process.env.npm_lifecycle_event === 'ablate') {
  const folder = process.env.INIT_CWD ?? process.cwd();
  const outside = relative(root, folder).startsWith('..');
  process.env.ABLATE_COMMAND = `npm ${outside ? `--prefix ${root.replace(/\/$/, '')} ` : ''}run ablate --`;
  // npm starts a script in the package's folder; paths are meant from where the command was typed.
  process.chdir(folder);
}
await prepare();
await import('../bin/ablate.js');
