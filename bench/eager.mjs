/**
 * Do compiled steps end where eager ones do? 200 steps of training with the same seeds, compiled and op by op, by the wasm
 * engine, which shares no kernel with either, and in bfloat16, where the CPU multiplies it.
 *
 *     node bench/eager.mjs [--seeds 0-4] [--no-wasm] [--bfloat16] [--markdown FILE]
 *
 * Writes the section `compiled-and-eager` of RESULTS.md, or of FILE.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { provenance } from '../dist/bench/provenance.js';
import { writeSection } from '../dist/bench/results-file.js';
import { ablate, inPrecision, markdown, mean, recordOf, suite } from './suite.mjs';

const { values } = parseArgs({
  options: {
    markdown,
    seeds: { type: 'string', default: '0-4' },
    wasm: { type: 'boolean', default: true },
    bfloat16: { type: 'boolean', default: false },
  },
  allowNegative: true,
});
const folder = await mkdtemp(join(tmpdir(), 'ablate-eager-'));
const ways = [
  { name: 'tensorflow, compiled', args: ['--device', 'cpu'] },
  { name: 'tensorflow, eager', args: ['--device', 'cpu', '--eager'] },
  ...(values.wasm ? [{ name: 'wasm', args: ['--device', 'wasm'] }] : []),
  ...(values.bfloat16
    ? [
        {
          name: 'tensorflow, compiled, bfloat16',
          args: ['--device', 'cpu'],
          file: await inPrecision(suite, 'bfloat16', folder),
        },
      ]
    : []),
];

const engines = new Set();
/** By way: a result a seed. */
const found = new Map();
try {
  for (const [at, { name, args, file = suite }] of ways.entries()) {
    const out = join(folder, String(at));
    const asked = ['--only', 'separate-downsampling', '--seeds', values.seeds, '--out', out];
    const { folder: records, done } = await ablate(['run', file, ...asked, ...args], 120);
    for (const run of done) {
      const { engine } = await recordOf(records, run, 'run.json');
      engines.add(
        `${engine.engine} ${engine.version}, ${engine.compiled ? 'compiled' : 'eager'}, ${engine.precision}, kernels ${engine.kernels}`,
      );
    }
    const sorted = [...done].sort((a, b) => a.seed - b.seed);
    found.set(name, await Promise.all(sorted.map((run) => recordOf(records, run, 'result.json'))));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

const sd = (all) => Math.sqrt(all.reduce((sum, one) => sum + (one - mean(all)) ** 2, 0) / (all.length - 1));
const [first] = ways;
const of = (name, key) => found.get(name).map((result) => result[key]);
const noise = { top1: sd(of(first.name, 'top1')), loss: sd(of(first.name, 'loss')) };
const distance = (name, key) => {
  const differences = of(name, key).map((value, at) => value - of(first.name, key)[at]);
  return { mean: mean(differences), most: Math.max(...differences.map(Math.abs)) };
};
const rows = ways.map(({ name }) => {
  const [top1, loss] = [distance(name, 'top1'), distance(name, 'loss')];
  return [
    name,
    (100 * mean(of(name, 'top1'))).toFixed(2),
    mean(of(name, 'loss')).toFixed(4),
    ...(name === first.name
      ? ['', '', '']
      : [(100 * top1.mean).toFixed(2), (100 * top1.most).toFixed(2), loss.most.toExponential(1)]),
  ];
});
const right = true;
await writeSection(values.markdown, {
  id: 'compiled-and-eager',
  title: '200 steps, compiled and eager',
  provenance: provenance(process.argv.slice(2), [...engines], 'node bench/eager.mjs'),
  method: `The compact road's last network, 200 steps of batch 64, seeds ${values.seeds}, the same for all; top-1 and loss on 5000 test pictures.`,
  table: {
    columns: [
      { heading: 'way' },
      { heading: 'top-1 (%), mean', right },
      { heading: 'test loss, mean', right },
      { heading: 'top-1 against compiled, mean', right },
      { heading: 'most of a seed', right },
      { heading: 'loss against compiled, most', right },
    ],
    rows,
  },
  findings: [
    `Seeds by themselves differ by ${(100 * noise.top1).toFixed(2)} points of top-1 and ${noise.loss.toFixed(4)} of loss (standard deviation, compiled).`,
    ...ways.slice(1).map(({ name }) => {
      const { mean: shift } = distance(name, 'top1');
      const within = Math.abs(shift) <= noise.top1 ? 'within' : 'beyond';
      return `${name} ends ${within} the seeds' noise of compiled: ${(100 * shift).toFixed(2)} points.`;
    }),
  ],
});
process.stdout.write(`${rows.map((row) => row.join('  ')).join('\n')}\nwritten to ${values.markdown}\n`);
