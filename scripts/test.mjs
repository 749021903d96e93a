// `npm test`: everything that CI checks. Installs, builds and sets up first; goes on after a failure and says all of them.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';
import { withSlurm } from './with-slurm.mjs';

const say = (text) => process.stderr.write(`${text}\n`);
const bin = (name) => join(root, 'node_modules', '.bin', name);
const results = join(tmpdir(), `ablate-test-${process.pid}.json`);
const failures = [];

function check(name, command, args, env = process.env) {
  say(`\n== ${name}`);
  const { status } = spawnSync(command, args, { cwd: root, env, stdio: ['ignore', 2, 2] });
  if (status !== 0) failures.push(name);
}

await prepare({ say });
check('engine', process.execPath, [join(root, 'bin', 'ablate.js'), 'setup']);
check('formatting and lint', bin('biome'), ['check', '--error-on-warnings']);
check('imports', bin('depcruise'), ['src', '--config', '.dependency-cruiser.cjs']);
check('unused code', bin('knip'), []);
check('known faults of packages', process.execPath, [join(root, 'scripts', 'audit.mjs')]);
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
say('\n== a Slurm for its tests');
// Where it is not there within two minutes, its tests are skipped.
await withSlurm(120, (slurm) =>
  check('tests', bin('vitest'), ['run', ...reporters, ...process.argv.slice(2)], { ...process.env, ...slurm }),
);

let passed = 0;
let failed = 0;
try {
  const report = JSON.parse(readFileSync(results, 'utf8'));
  passed = report.numPassedTests;
  failed =
    report.numFailedTests +
    report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
} catch (error) {
  say(`no test results: ${error.message}`);
} finally {
  rmSync(results, { force: true });
}
// A failed lint is a failure like any other.
failed += failures.filter((name) => name !== 'tests').length;
if (failed === 0 && failures.length > 0) failed = 1;
if (failures.length > 0) say(`\nfailed: ${failures.join(', ')}`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
