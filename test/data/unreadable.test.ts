import { expect, test } from 'vitest';
import type { Dataset } from '../../src/data/dataset.js';
import { countReads } from '../../src/data/unreadable.js';

const split = (length: number) => ({ name: 'some', split: 'test', length }) as Dataset;

/** How many of a split's pictures can be unreadable before it is refused. */
function accepted(length: number): number {
  const reads = countReads(split(length), () => {});
  for (let index = 0; index < length; index++) {
    try {
      reads.add({ index, reason: `picture ${index}` });
    } catch {
      return index;
    }
  }
  return length;
}

test.each([
  [12, 0],
  [99, 0],
  [100, 1],
  [1000, 10],
  [10_000, 100],
])('of %i pictures %i may be unreadable, no more', (length, most) => {
  expect(accepted(length)).toBe(most);
});

test('each is counted and told once, and the report names the first ten', () => {
  const told: string[] = [];
  const reads = countReads(split(5000), (text) => told.push(text));
  for (let time = 0; time < 3; time++) {
    for (let index = 0; index < 12; index++) reads.add({ index, reason: `picture ${index}: time ${time}` });
  }
  expect(told).toEqual(Array.from({ length: 12 }, (_, index) => `picture ${index}: time 0`));
  expect(reads.report()).toEqual({ pictures: 5000, unreadable: 12, reasons: told.slice(0, 10) });
});
