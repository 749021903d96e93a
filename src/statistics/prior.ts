import digamma from '@stdlib/math-base-special-digamma';
import trigamma from '@stdlib/math-base-special-trigamma';
import { quantile } from './selection.js';

/** A sample variance with its degrees of freedom. */
export interface Variance {
  readonly value: number;
  readonly degrees: number;
}

/**
 * What all comparisons say about the variance of each: a scaled inverse chi-square with `degrees` d0 (infinite: all are
 * equal; 0: nothing is known) around `variance` s0². Smyth 2004, "Linear models and empirical Bayes methods".
 */
export interface Prior {
  readonly degrees: number;
  readonly variance: number;
}

/** Each variance stands for itself. */
export const noPrior: Prior = { degrees: 0, variance: 0 };

/** Variances below this share of their median would rule the fit by their logarithm. */
const leastShare = 1e-5;

/**
 * The prior by the moments of log s² (Smyth 2004, section 6.2). No prior for fewer than two variances, or where the
 * median of them is 0.
 */
export function fitPrior(variances: readonly Variance[]): Prior {
  if (variances.length < 2) return noPrior;
  return priorFitter(variances.map(({ degrees }) => degrees))(Float64Array.from(variances, ({ value }) => value));
}

/** As `fitPrior`, for many sets of variances of the same degrees of freedom. */
export function priorFitter(degrees: readonly number[]): (values: Float64Array) => Prior {
  const count = degrees.length;
  const offsets = Float64Array.from(degrees, (df) => Math.log(df / 2) - digamma(df / 2));
  const expected = degrees.reduce((sum, df) => sum + trigamma(df / 2), 0) / count;
  const all = degrees.reduce((sum, df) => sum + df, 0);
  const logs = new Float64Array(count);
  return (values) => {
    const floor = floorOf(values);
    if (floor === 0) return noPrior;
    let mean = 0;
    for (let i = 0; i < count; i++) {
      const log = Math.log(Math.max(values[i] as number, floor)) + (offsets[i] as number);
      logs[i] = log;
      mean += log / count;
    }
    let squares = 0;
    for (let i = 0; i < count; i++) squares += ((logs[i] as number) - mean) ** 2;
    const excess = squares / (count - 1) - expected;
    if (excess <= 0) {
      let pooled = 0;
      for (let i = 0; i < count; i++) pooled += (Math.max(values[i] as number, floor) * (degrees[i] as number)) / all;
      return { degrees: Number.POSITIVE_INFINITY, variance: pooled };
    }
    const half = trigammaInverse(excess);
    return { degrees: 2 * half, variance: Math.exp(mean + digamma(half) - Math.log(half)) };
  };
}

/** 0 where the median is. */
function floorOf(values: Float64Array): number {
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  // The median is at most `most`: nothing lies below the floor, and sorting is spared.
  if (least > leastShare * most) return least;
  return leastShare * quantile(values.slice(), 0.5);
}

/** s̃² = (d0 s0² + d s²) / (d0 + d): the variance that the sample and the prior agree on. */
export function moderated({ value, degrees }: Variance, prior: Prior): number {
  if (prior.degrees === 0) return value;
  if (prior.degrees === Number.POSITIVE_INFINITY) return prior.variance;
  return (prior.degrees * prior.variance + degrees * value) / (prior.degrees + degrees);
}

/** The y with trigamma(y) = x, for x > 0: secants of 1/trigamma, which is nearly a straight line. */
export function trigammaInverse(x: number): number {
  if (x > 1e7) return 1 / Math.sqrt(x);
  if (x < 1e-6) return 1 / x;
  const miss = (y: number) => 1 / trigamma(y) - 1 / x;
  // trigamma lies between 1/y + 1/(2 y²) and 1/y + 1/y².
  let [a, b] = [(1 + Math.sqrt(1 + 2 * x)) / (2 * x), (1 + Math.sqrt(1 + 4 * x)) / (2 * x)];
  let [missA, missB] = [miss(a), miss(b)];
  for (let i = 0; i < 50 && missB !== missA && Math.abs(b - a) > 1e-14 * b; i++) {
    [a, b] = [b, b - (missB * (b - a)) / (missB - missA)];
    [missA, missB] = [missB, miss(b)];
  }
  return b;
}
