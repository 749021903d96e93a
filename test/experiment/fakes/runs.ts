import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { PlannedRun } from '../../../src/experiment/plan.js';
import type { RunSpec } from '../../../src/experiment/records.js';

export const fakeWorker = fileURLToPath(new URL('./worker.mjs', import.meta.url));

/** A planned run with as much in it as scheduling looks at. The variant's first word tells the fake worker what to do. */
export function fakeRun(variant: string, seed = 0, changes: Partial<PlannedRun> = {}): PlannedRun {
  const spec = { suite: 'fake', variant, seed, recipe: { epochs: 1 } } as RunSpec;
  const hash = createHash('sha256').update(`${variant} ${seed}`).digest('hex');
  return { spec, design: hash, fingerprint: 'pictures', hash, macs: 1, params: 1, batchSize: 1, bytes: 1, ...changes };
}
