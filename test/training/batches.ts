import type { Batch } from '../../src/data/dataset.js';
import { uniform } from '../fixtures/networks/uniform.js';

/** Batch number `step` of the fixtures: `size` pictures of 32x32 and soft targets over five classes, as steps.py has them. */
export function batchOf(step: number, size: number): Batch {
  const raw = uniform(`targets/${step}`, size * 5, 0, 1);
  const targets = raw.map((value, at) => {
    const row = raw.subarray(at - (at % 5), at - (at % 5) + 5);
    return value / row.reduce((sum, other) => sum + other, 0);
  });
  const images = uniform(`pictures/${step}`, size * 32 * 32 * 3, -1, 1);
  return { size, images, targets, labels: new Int32Array(size) };
}
