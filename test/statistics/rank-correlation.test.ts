import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rankCorrelation } from '../../src/statistics/rank-correlation.js';

/** Of SciPy; rank_correlation.py beside it makes it. */
const reference: { x: number[]; y: number[]; value: number; interval: [number, number] }[] = JSON.parse(
  readFileSync(new URL('../fixtures/statistics/rank_correlation.json', import.meta.url), 'utf8'),
);

it('equals SciPy, ties and all', () => {
  for (const { x, y, value, interval } of reference) {
    const found = rankCorrelation(x.map((one, at) => [one, y[at] as number] as const));
    expect(found?.value).toBeCloseTo(value, 12);
    expect(found?.interval?.[0]).toBeCloseTo(interval[0], 9);
    expect(found?.interval?.[1]).toBeCloseTo(interval[1], 9);
  }
});

it('is of the order alone, turns with it, and lies in its interval', () => {
  const pairs = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), { maxLength: 20 });
  fc.assert(
    fc.property(pairs, (given) => {
      const found = rankCorrelation(given);
      if (!found) {
        const levels = [0, 1].map((side) => new Set(given.map((pair) => pair[side])).size);
        expect(given.length < 4 || levels.includes(1)).toBe(true);
        return;
      }
      expect(rankCorrelation(given.map(([x, y]) => [x ** 3, y]))?.value).toBeCloseTo(found.value, 12);
      expect(rankCorrelation(given.map(([x, y]) => [-x, y]))?.value).toBeCloseTo(-found.value, 12);
      expect(found.interval === null).toBe(Math.abs(found.value) > 1 - 1e-9);
      expect(found.interval?.[0] ?? -1).toBeLessThanOrEqual(found.value);
      expect(found.interval?.[1] ?? 1.1).toBeGreaterThanOrEqual(found.value);
    }),
  );
});
