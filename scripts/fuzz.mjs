// Suites, recipes, weights and command lines by the thousand, changed and made by grammars, in a process that is watched
// (scripts/watched.mjs). Records have their own: MUTATIONS=10000 npx vitest run test/report/mutations.test.ts
//     npm run build && node scripts/fuzz.mjs            # 10,000 of each kind
import { fileURLToPath } from 'node:url';
import { fuzzKinds, partsOf, prepareFuzz } from './fuzz-inputs.mjs';
import { watched } from './watched.mjs';

await watched(fileURLToPath(import.meta.url), { kinds: fuzzKinds, seconds: 5, megabytes: 1024, prepare });

async function prepare(kind, folder) {
  const names = [
    'experiment/suite',
    'config/parse',
    'config/problem',
    'roadmap/steps/index',
    'architecture/models',
    'weights/open',
    'weights/error',
    'cli/commands',
    'cli/main',
  ];
  const parts = Object.assign({}, ...(await Promise.all(names.map((name) => import(`../dist/${name}.js`)))));
  return prepareFuzz(kind, folder, {
    ...(await partsOf(parts)),
    main: (words, work) => captured(parts.main, words, work),
  });
}

/** Runs a command line here and gives what it said. */
async function captured(main, words, work) {
  const said = { stdout: '', stderr: '' };
  const back = process.cwd();
  const before = { stdout: process.stdout.write, stderr: process.stderr.write };
  for (const name of ['stdout', 'stderr'])
    process[name].write = (text) => {
      said[name] += text;
      return true;
    };
  process.chdir(work);
  try {
    return { status: await main(words), ...said };
  } finally {
    Object.assign(process.stdout, { write: before.stdout });
    Object.assign(process.stderr, { write: before.stderr });
    process.chdir(back);
    process.stdout.removeAllListeners('error');
  }
}
