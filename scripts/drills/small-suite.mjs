/** A suite whose runs take seconds, for drills, and what of its records two trainings must have in common. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** Two networks, twelve steps each, a checkpoint after every step. */
export const smallSuite = ({ name, parallel, seeds }) => `name: ${name}
dataset: { name: fashion-mnist, root: ${join(root, 'test/fixtures/fashion-mnist')}, train_limit: 96, test_limit: 32 }
network: { base: convnext-tiny, scale: { resolution: 16, width: 1/16, stem_stride: 1 } }
recipe: { extends: compact, epochs: 2, batch_size: 16, schedule: { warmup_epochs: 0 }, ema: { decay: 0.9 } }
road: [{ kernel-size: 5 }]
runner: { save_every: 0, parallel: ${parallel} }
seeds: [${seeds.join()}]
`;

/** A run's numbers: all but time, and the memory that it took. Null where it has no result. */
export function numbersOf(suiteFolder, { variant, seed }) {
  const place = join(suiteFolder, variant, `seed-${seed}`);
  if (!existsSync(join(place, 'result.json'))) return null;
  const {
    seconds: _,
    imagesPerSecond: __,
    peakMemoryBytes: ___,
    finishedAt,
    ...result
  } = JSON.parse(readFileSync(join(place, 'result.json'), 'utf8'));
  // A worker that was killed at once leaves a failed result and no line.
  const lines = join(place, 'metrics.jsonl');
  const metrics = (existsSync(lines) ? readFileSync(lines, 'utf8') : '')
    .split('\n')
    .slice(0, -1)
    .map((line) => ({ ...JSON.parse(line), imagesPerSecond: 0 }));
  return { result, metrics, finishedAt };
}
