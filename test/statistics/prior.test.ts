import { describe, expect, it } from 'vitest';
import { fitPrior, moderated, trigammaInverse } from '../../src/statistics/prior.js';
import { reference } from './reference.js';

describe('the prior of variances (Smyth 2004)', () => {
  it('has the moments that SciPy gives, of equal and of mixed degrees of freedom', () => {
    for (const { values, degrees, d0, s02 } of reference.priors) {
      const prior = fitPrior(values.map((value, at) => ({ value, degrees: degrees[at] as number })));
      if (d0 === null) expect(prior.degrees).toBe(Number.POSITIVE_INFINITY);
      else expect(Math.abs(prior.degrees / d0 - 1)).toBeLessThan(1e-9);
      expect(Math.abs(prior.variance / s02 - 1)).toBeLessThan(1e-9);
    }
    for (const { x, y } of reference.inverses) expect(Math.abs(trigammaInverse(x) / y - 1)).toBeLessThan(1e-9);
  });

  it('moderates as the study that recommends it prints', () => {
    const of = (values: number[], degrees: number) => {
      const variances = values.map((value) => ({ value, degrees }));
      const prior = fitPrior(variances);
      return { prior, moderated: variances.map((variance) => moderated(variance, prior)) };
    };
    const close = (found: number, printed: number) => expect(Math.abs(found / printed - 1)).toBeLessThan(1e-5);
    const first = of([0.04, 0.25, 1, 0.09, 2.25], 2);
    close(first.prior.degrees, 2.63023);
    close(first.prior.variance, 0.336443);
    [0.208396, 0.299104, 0.623062, 0.229993, 1.162992].forEach((value, at) =>
      close(first.moderated[at] as number, value),
    );
    const second = of([0.5, 0.02, 3.1, 0.4, 0.9, 0.07, 1.6, 0.3], 4);
    close(second.prior.degrees, 1.72381);
    close(second.prior.variance, 0.247167);
    close(second.moderated[0] as number, 0.423856);
    expect(of([1, 1.1, 0.9, 1.05, 0.95], 4)).toMatchObject({
      prior: { degrees: Number.POSITIVE_INFINITY },
      moderated: [1, 1, 1, 1, 1],
    });
  });

  it('is none where a single variance or mostly zeros speak', () => {
    expect(fitPrior([{ value: 2, degrees: 3 }]).degrees).toBe(0);
    expect(fitPrior([0, 0, 0, 2].map((value) => ({ value, degrees: 3 }))).degrees).toBe(0);
    expect(moderated({ value: 2, degrees: 3 }, fitPrior([]))).toBe(2);
  });
});
