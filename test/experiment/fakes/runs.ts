import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { PlannedRun } from '../../../src/experiment/plan.js';
import { specOf } from './records.js';

export const fakeWorker = fileURLToPath(new URL('./worker.mjs', import.meta.url));

/** A planned run with as much in it as scheduling looks at. The variant's first word tells the fake worker what to do. */
export function fakeRun(variant: string, seed = 0, changes: Partial<PlannedRun> = {}): PlannedRun {
  const hash = createHash('sha256').update(`${variant} ${seed}`).digest('hex');
  return {
    spec: specOf(variant, seed),
    design: hash,
    fingerprint: 'pictures',
    hash,
    macs: 1,
    params: 1,
    batchSize: 1,
    bytes: 1,
    trial: null,
    again: null,
    awaits: null,
    ...changes,
  };
}
