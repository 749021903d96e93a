// `npm run test:slurm`: `ablate submit` and all that follows, on a real Slurm of its own. `-- --long` adds the large drill.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';
import { withSlurm } from './with-slurm.mjs';

await prepare();
const long = process.argv.includes('--long');
const rest = process.argv.slice(2).filter((argument) => argument !== '--long');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const status = await withSlurm(600, (env) => {
  if (!env) return 3;
  const all = { ...process.env, ...env, ABLATE_SLURM_RANKS: '1', ...(long && { ABLATE_SLURM_LONG: '1' }) };
  return (
    spawnSync(process.execPath, [vitest, 'run', 'test/slurm', ...rest], { cwd: root, env: all, stdio: 'inherit' })
      .status ?? 1
  );
});
process.exit(status);
