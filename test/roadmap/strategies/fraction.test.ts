import { describe, expect, it } from 'vitest';
import { bestFraction, weight } from '../../../src/roadmap/strategies/fraction.js';

/** Montgomery, Design and Analysis of Experiments, table of minimum-aberration 2^(k-p) fractions: k, p, resolution. */
const standard = [
  [3, 1, 3],
  [4, 1, 4],
  [5, 1, 5],
  [5, 2, 3],
  [6, 1, 6],
  [6, 2, 4],
  [6, 3, 3],
  [7, 1, 7],
  [7, 2, 4],
  [7, 3, 4],
  [7, 4, 3],
  [8, 2, 5],
  [8, 3, 4],
  [8, 4, 4],
  [9, 2, 6],
  [9, 3, 4],
  [9, 4, 4],
  [9, 5, 3],
  [10, 3, 5],
  [10, 4, 4],
  [10, 5, 4],
  [10, 6, 3],
] as const;

/** Words of length 4 of those fractions of resolution 4 (Fries & Hunter 1980, table 2; Chen, Sun & Wu 1993). */
const fours = new Map([
  ['7 2', 1],
  ['7 3', 7],
  ['8 3', 3],
  ['8 4', 14],
  ['9 3', 1],
  ['9 4', 6],
  ['10 4', 2],
  ['10 5', 10],
]);

describe('fractions', () => {
  it.each(standard)('2^(%i-%i) has resolution %i', (factors, halvings, resolution) => {
    const found = bestFraction(factors, halvings);
    expect(found?.resolution).toBe(resolution);
    const wanted = fours.get(`${factors} ${halvings}`);
    if (wanted !== undefined) expect(found?.words.filter((word) => weight(word) === 4)).toHaveLength(wanted);
  });

  it('contain the start, each factor on in half of the runs, and no two effects mixed up but those that are told', () => {
    const { runs, words } = bestFraction(7, 3) as NonNullable<ReturnType<typeof bestFraction>>;
    expect(runs).toHaveLength(16);
    expect(runs[0]).toBe(0);
    const sign = (effect: number, run: number) => (weight(effect & ~run) % 2 === 0 ? 1 : -1);
    for (let a = 1; a < 128; a++) {
      for (let b = 0; b < a; b++) {
        const product = Math.abs(runs.reduce((sum, run) => sum + sign(a, run) * sign(b, run), 0));
        expect(product).toBe(words.includes(a ^ b) ? 16 : 0);
      }
    }
  });

  it('of too few runs are none', () => {
    expect(bestFraction(4, 2)).toBeNull();
    expect(bestFraction(3, 3)).toBeNull();
  });
});
