import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jointFlips } from '../../src/statistics/joint-flips.js';
import { bySeed, reference } from './reference.js';

describe('joint sign flips (Westfall & Young)', () => {
  it('equal every pattern counted by numpy, and one comparison the permutation test of SciPy, ties included', () => {
    for (const { differences, p } of reference.joint) {
      const ours = jointFlips(differences.map(bySeed));
      ours.p.forEach((value, at) => expect(value).toBeCloseTo(p[at] as number, 12));
      expect(ours).toMatchObject({ monteCarloError: 0, smallest: 2 ** (1 - (differences[0]?.length ?? 0)) });
    }
    for (const { after, before, p } of reference.paired)
      expect(jointFlips([bySeed(after.map((value, at) => value - (before[at] as number)))]).p[0]).toBeCloseTo(p, 12);
  });

  it('ignore scale and sign, never fall below the smallest p, and never below the test of one alone', () => {
    const differences = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(differences, { minLength: 2, maxLength: 4 }), (rows) => {
        const { p, smallest } = jointFlips(rows.map(bySeed));
        const turned = jointFlips(rows.map((row, at) => bySeed(row.map((value) => value * (at % 2 === 0 ? -0.1 : 3)))));
        p.forEach((value, at) => {
          expect(value).toBeGreaterThanOrEqual(smallest);
          expect(turned.p[at]).toBeCloseTo(value, 12);
          expect(value).toBeGreaterThanOrEqual((jointFlips([bySeed(rows[at] as number[])]).p[0] as number) - 1e-12);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('draw patterns above twenty seeds, the same every time, and say how far off that may be', () => {
    const row = (n: number, shift: number) => bySeed(Array.from({ length: n }, (_, i) => ((i * 37) % 11) - 5 + shift));
    const many = jointFlips([row(41, 0.2), row(41, 3)]);
    expect(many).toEqual(jointFlips([row(41, 0.2), row(41, 3)]));
    expect(many.monteCarloError).toBeCloseTo(0.00154, 4);
    expect(many.p[1]).toBe(many.smallest);
    expect(many.p[0]).toBeGreaterThan(0.5);
    // Where both can be done they agree within four standard errors.
    const [counted, drawn] = [jointFlips([row(20, 1.2)]).p[0] as number, jointFlips([row(21, 1.2)]).p[0] as number];
    expect(counted).toBeGreaterThan(0.02);
    expect(Math.abs(counted - drawn)).toBeLessThan(0.05);
  });

  it('refuse what is no finite number', () => {
    expect(() => jointFlips([bySeed([1, Number.NaN])])).toThrow(/finite/);
  });
});
