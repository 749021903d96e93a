import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrationOf } from '../../src/statistics/calibration.js';
import { confusionOf, meanConfusion } from '../../src/statistics/confusion.js';
import { churn, churnAmong, exactP, mcNemar } from '../../src/statistics/disagreement.js';
import { type NamedClasses, samePictures } from '../../src/statistics/named-classes.js';

interface Reference {
  readonly classes: number;
  readonly label: number[];
  readonly networks: {
    predicted: number[];
    confidence: number[];
    calibration: { error: number; byChance: number; overconfidence: number };
    confusion: number[];
  }[];
  readonly pairs: { after: number; before: number; churn: number; gained: number; lost: number; p: number }[];
  readonly tails: { a: number; b: number; p: number }[];
}
/** Of SciPy, statsmodels and NumPy; make_predictions.py beside it makes it. */
const reference: Reference = JSON.parse(
  readFileSync(new URL('../fixtures/statistics/predictions.json', import.meta.url), 'utf8'),
);
const { classes, label } = reference;
const networks = reference.networks.map(({ predicted }): NamedClasses => ({ classes, label, predicted }));
const network = (at: number) => networks[at] as NamedClasses;

describe('equal to SciPy, statsmodels and NumPy are', () => {
  it('churn and McNemar', () => {
    for (const { after, before, churn: share, ...test } of reference.pairs) {
      expect(churn(network(after), network(before))).toBeCloseTo(share, 12);
      const { gained, lost, p } = mcNemar(network(after), network(before));
      expect([gained, lost]).toEqual([test.gained, test.lost]);
      expect(Math.abs(p / test.p - 1)).toBeLessThan(1e-9);
    }
    for (const { a, b, p } of reference.tails) {
      expect(Math.abs(exactP(a, b) / p - 1)).toBeLessThan(1e-9);
      expect(exactP(b, a)).toBe(exactP(a, b));
    }
  });

  it('calibration and its error by chance', () => {
    for (const [at, { confidence, calibration }] of reference.networks.entries()) {
      const found = calibrationOf(network(at), confidence);
      for (const part of ['error', 'byChance', 'overconfidence'] as const)
        expect(found?.[part]).toBeCloseTo(calibration[part], 10);
    }
  });

  it('confusion', () => {
    for (const [at, { confusion }] of reference.networks.entries())
      confusionOf(network(at)).forEach((share, place) => {
        expect(share).toBeCloseTo(confusion[place] as number, 12);
      });
    meanConfusion(networks.slice(0, 2)).forEach((share, place) => {
      const [a, b] = [0, 1].map((one) => reference.networks[one]?.confusion[place] as number) as [number, number];
      expect(share).toBeCloseTo((a + b) / 2, 12);
    });
  });
});

const some = fc.integer({ min: 2, max: 5 }).chain((count) =>
  fc
    .array(fc.tuple(fc.nat(count - 1), fc.nat(count), fc.nat(count)), { minLength: 1, maxLength: 60 })
    .map((pictures) => {
      const of = (which: 1 | 2): NamedClasses => ({
        classes: count,
        label: pictures.map(([right]) => right),
        predicted: pictures.map((picture) => picture[which]),
      });
      return [of(1), of(2)] as const;
    }),
);

it('churn is a distance, McNemar a difference of pictures that are right, turned round where the networks are', () => {
  fc.assert(
    fc.property(some, ([a, b]) => {
      expect(churn(a, b)).toEqual(churn(b, a));
      if (Array.from(a.predicted).some((one) => one < a.classes)) expect(churn(a, a)).toBe(0);
      const right = ({ label: own, predicted }: NamedClasses) =>
        Array.from(predicted).filter((one, at) => one === own[at]).length;
      const { gained, lost, p } = mcNemar(a, b);
      expect(gained - lost).toBe(right(a) - right(b));
      expect(mcNemar(b, a)).toEqual({ gained: lost, lost: gained, p });
      expect(p).toBeGreaterThan(0);
      expect(p).toBeLessThanOrEqual(1);
    }),
  );
});

it('one network has no churn among its seeds, three have that of all pairs', () => {
  expect(churnAmong(networks.slice(0, 1))).toBeNull();
  const pairs = [churn(network(0), network(1)), churn(network(0), network(2)), churn(network(1), network(2))];
  expect(churnAmong(networks.slice(0, 3))).toBeCloseTo(pairs.reduce((sum, one) => sum + one, 0) / 3, 12);
});

it('a network that is right as often as it says has the calibration error of chance, about', () => {
  let seed = 1;
  const uniform = () => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647;
  };
  const errors = Array.from({ length: 200 }, () => {
    const confidence = Array.from({ length: 400 }, () => 0.3 + 0.7 * uniform());
    const predicted = confidence.map((p) => (uniform() < p ? 0 : 1));
    return calibrationOf({ classes: 2, label: confidence.map(() => 0), predicted }, confidence);
  });
  const mean = (part: 'error' | 'byChance') =>
    errors.reduce((sum, one) => sum + (one?.[part] as number), 0) / errors.length;
  expect(Math.abs(mean('error') / mean('byChance') - 1)).toBeLessThan(0.05);
});

it('pictures are the same where all their labels are', () => {
  expect(samePictures(network(0), network(1))).toBe(true);
  expect(samePictures(network(0), { ...network(1), label: [...label].reverse() })).toBe(false);
  expect(samePictures(network(0), { ...network(1), label: label.slice(1) })).toBe(false);
});
