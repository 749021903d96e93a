import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quantile, ranked } from '../../src/statistics/selection.js';

const values = fc.array(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, 1, 1, 2)), {
  minLength: 1,
  maxLength: 60,
});

test('a rank has the value that sorting gives it, with what is smaller before it and what is larger after it', () => {
  fc.assert(
    fc.property(values, fc.nat(), (list, any) => {
      const rank = any % list.length;
      const reordered = Float64Array.from(list);
      const sorted = Float64Array.from(list).sort();
      // -0 sorts before 0 and is equal to it.
      expect(ranked(reordered, rank) + 0).toBe((sorted[rank] as number) + 0);
      for (const before of reordered.subarray(0, rank)) expect(before).toBeLessThanOrEqual(sorted[rank] as number);
      for (const after of reordered.subarray(rank)) expect(after).toBeGreaterThanOrEqual(sorted[rank] as number);
      expect([...reordered].map((value) => value + 0).sort((a, b) => a - b)).toEqual(
        [...sorted].map((value) => value + 0),
      );
    }),
  );
});

test.each([
  // numpy.quantile([5, 1, 4, 2], q)
  [0, 1],
  [0.25, 1.75],
  [0.5, 3],
  [0.95, 4.85],
  [1, 5],
])("the quantile %d is numpy's", (probability, expected) => {
  expect(quantile(Float64Array.of(5, 1, 4, 2), probability)).toBeCloseTo(expected, 12);
});
