import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomialStandardError } from '../../src/statistics/binomial.js';
import { holmAdjusted, seedsNeeded } from '../../src/statistics/holm.js';
import { ofDifferences, pairedDifference } from '../../src/statistics/paired.js';
import { signFlipP, smallestSignFlipP } from '../../src/statistics/permutation.js';
import { studentTCdf, studentTQuantile } from '../../src/statistics/student-t.js';
import { judge, leaning } from '../../src/statistics/verdict.js';

interface Reference {
  quantiles: { degrees: number; probability: number; t: number }[];
  cdf: { degrees: number; probability: number; t: number }[];
  paired: { before: number[]; after: number[]; mean: number; sd: number; interval: [number, number]; p: number }[];
  holm: { p: number[]; adjusted: number[] }[];
}
const reference = JSON.parse(
  readFileSync(new URL('../fixtures/statistics/reference.json', import.meta.url), 'utf8'),
) as Reference;
const bySeed = (values: readonly number[]) => new Map(values.map((value, seed) => [seed, value]));

describe('against SciPy', () => {
  it("gives Student's quantiles", () => {
    for (const { degrees, probability, t } of reference.quantiles) {
      const ours = studentTQuantile(probability, degrees);
      expect(Math.abs(ours - t), `t(${probability}, ${degrees}) = ${ours}, SciPy ${t}`).toBeLessThan(
        1e-9 * Math.max(1, Math.abs(t)),
      );
    }
  });

  it("gives Student's distribution", () => {
    for (const { degrees, probability, t } of reference.cdf) {
      expect(Math.abs(studentTCdf(t, degrees) - probability), `P(T <= ${t}), ${degrees}`).toBeLessThan(1e-12);
    }
  });

  it("gives paired means, spreads, 95% intervals and exact permutation p's, ties included", () => {
    for (const { before, after, mean, sd, interval, p } of reference.paired) {
      const ours = pairedDifference(bySeed(after), bySeed(before));
      expect(ours?.mean).toBeCloseTo(mean, 10);
      expect(ours?.sd).toBeCloseTo(sd, 10);
      expect(ours?.interval?.[0]).toBeCloseTo(interval[0], 8);
      expect(ours?.interval?.[1]).toBeCloseTo(interval[1], 8);
      expect(ours?.p).toBeCloseTo(p, 12);
    }
  });

  it("adjusts p's as Holm does", () => {
    for (const { p, adjusted } of reference.holm) {
      const ours = holmAdjusted(p);
      for (const [at, value] of adjusted.entries()) expect(ours[at]).toBeCloseTo(value, 12);
    }
  });
});

describe('table numbers', () => {
  it('has the t of the printed tables', () => {
    expect(studentTQuantile(0.975, 2)).toBeCloseTo(4.303, 3);
    expect(studentTQuantile(0.975, 4)).toBeCloseTo(2.776, 3);
    expect(studentTQuantile(0.95, 10)).toBeCloseTo(1.812, 3);
  });

  it("has the binomial error of ImageNet's validation set", () => {
    expect(binomialStandardError(0.82, 50_000)).toBeCloseTo(0.001718, 6);
  });
});

describe('few seeds', () => {
  it('can give no p below 2 / 2^n', () => {
    expect([1, 2, 3, 5, 6].map(smallestSignFlipP)).toEqual([1, 0.5, 0.25, 0.0625, 0.03125]);
    expect(signFlipP([3, 3.1, 2.9])).toBe(0.25);
    expect(seedsNeeded(1, 0.05)).toBe(6);
    expect(seedsNeeded(15, 0.05)).toBe(10);
  });

  it('pairs only common seeds and names the others', () => {
    const difference = pairedDifference(
      new Map([
        [0, 5],
        [1, 6],
        [4, 9],
      ]),
      new Map([
        [4, 8],
        [1, 5],
        [2, 0],
      ]),
    );
    expect(difference).toMatchObject({ seeds: [1, 4], differences: [1, 1], unpaired: [0, 2], mean: 1, sd: 0, p: 0.5 });
    expect(pairedDifference(new Map([[0, 1]]), new Map([[1, 1]]))).toBeNull();
    expect(pairedDifference(new Map([[0, 1]]), new Map([[0, 3]]))).toMatchObject({
      mean: -2,
      sd: null,
      interval: null,
      p: 1,
    });
  });

  it('refuses what cannot be counted out', () => {
    expect(() => signFlipP(Array(41).fill(1))).toThrow(RangeError);
    expect(signFlipP(Array(40).fill(1))).toBe(2 ** -39);
  });
});

describe('the sign-flip test', () => {
  it('equals counting every pattern, is even, ignores scale and stays in its bounds', () => {
    const values = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(values, (differences) => {
        const observed = Math.abs(differences.reduce((sum, value) => sum + value, 0));
        let count = 0;
        for (let pattern = 0; pattern < 2 ** differences.length; pattern++) {
          const sum = differences.reduce((total, value, i) => total + ((pattern >> i) & 1 ? value : -value), 0);
          if (Math.abs(sum) >= observed) count++;
        }
        const p = signFlipP(differences) as number;
        expect(p).toBe(count / 2 ** differences.length);
        expect(signFlipP(differences.map((value) => -value * 0.1))).toBe(p);
        expect(p).toBeGreaterThanOrEqual(smallestSignFlipP(differences.length));
      }),
    );
  });
});

describe('verdicts', () => {
  const ten = ofDifferences([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1.1, 0.9, 1, 1, 1.2, 0.8, 1, 1, 1]);
  const three = ofDifferences([0, 1, 2], [1, 1.1, 0.9]);

  it('names a winner only where test, correction and test set allow it', () => {
    expect(judge({ difference: ten, adjustedP: 0.002, tests: 1, floor: 0.3 })).toEqual({
      verdict: 'helped',
      why: null,
    });
    expect(judge({ difference: ten, adjustedP: 0.2, tests: 5, floor: 0.3 })).toEqual({
      verdict: 'unresolved',
      why: 'not significant',
    });
    expect(judge({ difference: ten, adjustedP: 0.002, tests: 1, floor: 1.3 })).toEqual({
      verdict: 'unresolved',
      why: 'below the floor',
    });
    expect(judge({ difference: null, adjustedP: null, tests: 1, floor: 1 })).toEqual({
      verdict: 'unresolved',
      why: 'no pairs',
    });
  });

  it('never names one with three seeds, and still tells the lean', () => {
    expect(judge({ difference: three, adjustedP: 0.25, tests: 1, floor: 0 })).toEqual({
      verdict: 'unresolved',
      why: 'too few seeds',
    });
    expect(leaning(three)).toBe('up');
    expect(leaning(ofDifferences([0, 1, 2], [1, -1.1, 0.9]))).toBeNull();
  });
});
