import { finite } from './finite.js';

/** Mean and sample standard deviation (n - 1) of a few numbers; `sd` is null for fewer than two. */
export interface Summary {
  readonly n: number;
  readonly mean: number;
  readonly sd: number | null;
}

/** NaN for no values at all. */
export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Null for no values at all. Throws a `NotFiniteError` where one is no finite number. */
export function summarize(values: readonly number[]): Summary | null {
  const n = finite(values, 'measurements').length;
  if (n === 0) return null;
  const mean = meanOf(values);
  if (n === 1) return { n, mean, sd: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const sd = Math.sqrt(squares / (n - 1));
  finite([mean, sd], 'mean and standard deviation');
  return { n, mean, sd };
}
