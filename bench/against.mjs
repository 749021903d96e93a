/**
 * How long does a suite train here, and how long by another state of these sources? Variant by variant in turn, on the same
 * machine.
 *
 *     git worktree add ../other COMMIT && cd ../other && npm ci && npm run build && npm run ablate setup && cd -
 *     node bench/against.mjs ../other --what "a word for it" [--precision float32] [--suite configs/suites/quickstart.yaml]
 *                            [--only GLOB] [--markdown FILE]
 *
 * Writes the section `against-COMMIT-PRECISION` of RESULTS.md, or of FILE. Without --precision both read the suite as it is.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { provenance } from '../dist/bench/provenance.js';
import { writeSection } from '../dist/bench/results-file.js';
import { ablate, inPrecision, markdown, median, recordOf } from './suite.mjs';

const text = { type: 'string' };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    markdown,
    what: text,
    only: text,
    precision: text,
    suite: { ...text, default: 'configs/suites/quickstart.yaml' },
  },
});
const [other] = positionals;
if (!other) throw new Error('name the other checkout: node bench/against.mjs ../other');
const commit = execFileSync('git', ['-C', other, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
const sides = [
  { name: values.what ? `${values.what} (${commit})` : commit, program: join(resolve(other), 'bin/ablate.js') },
  { name: 'now' },
];

const folder = await mkdtemp(join(tmpdir(), 'ablate-against-'));
let variants;
const engines = new Set();
/** By side, in the order of the variants: seconds of all runs of one. */
const seconds = sides.map(() => []);
let precision;
try {
  const suite = values.precision ? await inPrecision(values.suite, values.precision, folder) : resolve(values.suite);
  const plan = await ablate(['plan', suite, ...(values.only ? ['--only', values.only] : [])]);
  variants = [...new Set(plan.runs.map(({ variant }) => variant))];
  for (const name of variants) {
    for (const [at, side] of sides.entries()) {
      const asked = ['--only', name, '--device', 'cpu', '--out', join(folder, String(at))];
      const { folder: records, done } = await ablate(['run', suite, ...asked], 120, side.program);
      const all = await Promise.all(done.map((run) => recordOf(records, run, 'result.json')));
      seconds[at].push(all.reduce((sum, result) => sum + result.seconds.total, 0));
      const { engine } = await recordOf(records, done[0], 'run.json');
      precision = engine.precision;
      engines.add(
        `${side.name}: ${engine.engine} ${engine.version}, ${engine.precision}, kernels ${engine.kernels}, threads ${engine.threads}`,
      );
      process.stderr.write(`${name}, ${side.name}: ${seconds[at].at(-1).toFixed(1)} s\n`);
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

const [before, after] = seconds;
const ratios = before.map((one, at) => one / after[at]);
const total = (all) => all.reduce((sum, one) => sum + one, 0);
const right = true;
const ratio = (total(before) / total(after)).toFixed(2);
const row = (name, was, is) => [name, was.toFixed(1), is.toFixed(1), (was / is).toFixed(2)];
await writeSection(values.markdown, {
  id: `against-${commit}-${precision}`,
  title: `Training a suite: ${sides[0].name} and now, ${precision}`,
  provenance: provenance(process.argv.slice(2), [...engines], 'node bench/against.mjs'),
  method:
    'Every variant by both programs in turn, all seeds, as many runs at a time as there are cores; seconds of its runs together, from the start of their processes, evaluation included.',
  table: {
    columns: [
      { heading: 'network' },
      { heading: `${sides[0].name}, s`, right },
      { heading: 'now, s', right },
      { heading: 'ratio', right },
    ],
    rows: [
      ...variants.map((name, at) => row(name, before[at], after[at])),
      row('together', total(before), total(after)),
    ],
  },
  findings: [
    `The whole takes ${(total(after) / total(before)).toFixed(2)} of the time it took, ${ratio} times as fast; by network ${median(ratios).toFixed(2)} times in the median, ${Math.min(...ratios).toFixed(2)} at least.`,
  ],
});
process.stdout.write(`${ratio} times as fast as ${sides[0].name}; written to ${values.markdown}\n`);
