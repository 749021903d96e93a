import { expect, it } from 'vitest';
import { largestByChance } from '../../src/statistics/best-of.js';

// Exact for 2 and 3; the others from tables of normal order statistics (Harter 1961).
it.each([
  [1, 0],
  [2, 1 / Math.sqrt(Math.PI)],
  [3, 1.5 / Math.sqrt(Math.PI)],
  [4, 1.02938],
  [5, 1.16296],
  [10, 1.53875],
])('the largest of %d equal values is %d standard errors too high', (count, expected) => {
  expect(largestByChance(count)).toBeCloseTo(expected, 3);
});
