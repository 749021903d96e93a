import tCdf from '@stdlib/stats-base-dists-t-cdf';
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import fQuantile from '@stdlib/stats-base-dists-f-quantile';
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import { describe, expect, it } from 'vitest';
import { createGenerator } from '../../src/random/generator.js';
import { binomialStandardError } from '../../src/statistics/binomial.js';
import { chiSquared } from '../../src/statistics/chi-squared.js';
import { equivalenceP } from '../../src/statistics/equivalence.js';
import { benjaminiHochberg } from '../../src/statistics/false-discovery.js';
import { reach } from '../../src/statistics/linear.js';
import { NotFiniteError } from '../../src/statistics/finite.js';
import { ofDifferences, pairedDifference } from '../../src/statistics/paired.js';
import { pictureVariance } from '../../src/statistics/pictures.js';
import { summarize } from '../../src/statistics/summary.js';
import { bySeed, reference } from './reference.js';

describe('against SciPy and statsmodels', () => {
  it("the library's t and F are theirs", () => {
    for (const { degrees, probability, t } of reference.quantiles)
      expect(Math.abs(tQuantile(probability, degrees) - t)).toBeLessThan(1e-9 * Math.max(1, Math.abs(t)));
    for (const { degrees, probability, t } of reference.cdf) expect(tCdf(t, degrees)).toBeCloseTo(probability, 12);
    for (const { degrees, quantile } of reference.f)
      expect(Math.abs(fQuantile(0.99, ...degrees) / quantile - 1)).toBeLessThan(1e-9);
  });

  it("the library's normal is Python's", () => {
    // [p, statistics.NormalDist().inv_cdf(p)] of Python.
    for (const [probability, z] of [
      [1e-7, -5.199337582192817],
      [0.001, -3.090232306167813],
      [0.025, -1.9599639845400538],
      [0.31, -0.4958503473474532],
      [0.5, 0],
      [0.975, 1.9599639845400536],
      [0.9999, 3.7190164854557084],
    ] as const)
      expect(normalQuantile(probability, 0, 1)).toBeCloseTo(z, 10);
  });

  it('half the width of an interval is t of its degrees, and the normal of endless ones', () => {
    const half = (degrees: number, comparisons: number) => reach({ variance: 4, degrees }, comparisons);
    expect(half(4, 1)).toBeCloseTo(2 * tQuantile(0.975, 4), 12);
    expect(half(4, 5)).toBeCloseTo(2 * tQuantile(0.995, 4), 12);
    for (const degrees of [1e13, 1e40, Number.POSITIVE_INFINITY])
      expect(half(degrees, 1)).toBeCloseTo(2 * 1.9599639845400536, 12);
    expect(half(0.99e12, 1)).toBeCloseTo(half(1.01e12, 1), 10);
  });

  it('paired means and spreads are', () => {
    for (const { before, after, mean, sd } of reference.paired) {
      const ours = pairedDifference(bySeed(after), bySeed(before));
      expect(ours?.mean).toBeCloseTo(mean, 10);
      expect(ours?.sd).toBeCloseTo(sd, 10);
    }
  });

  it('two one-sided tests of equivalence are', () => {
    for (const { mean, sd, before, within_half_a_point: p } of reference.paired) {
      const n = before.length;
      const ours = equivalenceP({ mean, standardError: sd / Math.sqrt(n), degrees: n - 1 }, 0.5);
      expect(Math.abs(ours - p)).toBeLessThan(1e-9);
    }
    expect(() => equivalenceP({ mean: 0, standardError: 1, degrees: 2 }, 0)).toThrow(RangeError);
  });

  it("Benjamini and Hochberg's adjustment is", () => {
    for (const { p, adjusted } of reference.discovery)
      benjaminiHochberg(p).forEach((value, at) => expect(value).toBeCloseTo(adjusted[at] as number, 12));
  });

  it("the pictures' part of a variance is, and is none where a seed's pictures are missing", () => {
    const bits = (rows: number[][]) => new Map(rows.map((row, seed) => [seed, Uint8Array.from(row)]));
    for (const { after, before, variance } of reference.pictures) {
      const seeds = after.map((_, seed) => seed);
      expect(pictureVariance(bits(after), bits(before), seeds)).toBeCloseTo(variance, 9);
      expect(pictureVariance(bits(after), bits(before.slice(1)), seeds)).toBeNull();
      expect(pictureVariance(bits(after), bits(before.map((row) => row.slice(1))), seeds)).toBeNull();
    }
  });
});

describe('differences', () => {
  it('pair only common seeds and name the others', () => {
    const seeds = (...pairs: [number, number][]) => new Map(pairs);
    expect(pairedDifference(seeds([0, 5], [1, 6], [4, 9]), seeds([4, 8], [1, 5], [2, 0]))).toMatchObject({
      ...{ seeds: [1, 4], differences: [1, 1], unpaired: [0, 2], mean: 1, sd: 0 },
    });
    expect(pairedDifference(seeds([0, 1]), seeds([1, 1]))).toBeNull();
    expect(pairedDifference(seeds([0, 1]), seeds([0, 3]))).toMatchObject({ mean: -2, sd: null });
  });

  it('that are equal but for rounding have no spread', () => {
    expect(pairedDifference(bySeed([82, 82.1, 82.3]), bySeed([80, 80.1, 80.3]))?.sd).toBe(0);
  });

  it('of what is no finite number are refused by name', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, undefined as unknown as number]) {
      expect(() => summarize([1, bad])).toThrow(NotFiniteError);
      expect(() => ofDifferences([0, 1], [1, bad])).toThrow(NotFiniteError);
      expect(() => pairedDifference(bySeed([1, bad]), bySeed([1, 2]))).toThrow(/finite/);
    }
    // Finite, but not their spread.
    expect(() => summarize([1e308, -1e308, 1e308])).toThrow(NotFiniteError);
  });
});

describe('chance', () => {
  it('gives chi-square its mean and variance, below two degrees too', () => {
    for (const degrees of [0.5, 1.3, 4.5, 30]) {
      const random = createGenerator(7, `chi-square ${degrees}`);
      const drawn = summarize(Array.from({ length: 40_000 }, chiSquared(degrees, random)));
      expect(Math.abs((drawn?.mean ?? 0) / degrees - 1)).toBeLessThan(0.05);
      expect(Math.abs((drawn?.sd ?? 0) ** 2 / (2 * degrees) - 1)).toBeLessThan(0.12);
    }
  });

  it("has the binomial error of ImageNet's validation set", () => {
    expect(binomialStandardError(0.82, 50_000)).toBeCloseTo(0.001718, 6);
  });
});
