import { readFileSync } from 'node:fs';

interface Reference {
  readonly quantiles: { degrees: number; probability: number; t: number }[];
  readonly cdf: { degrees: number; probability: number; t: number }[];
  readonly paired: {
    before: number[];
    after: number[];
    mean: number;
    sd: number;
    interval: [number, number];
    p: number;
    student: number;
    within_half_a_point: number;
  }[];
  readonly discovery: { p: number[]; adjusted: number[] }[];
  readonly priors: { values: number[]; degrees: number[]; d0: number | null; s02: number }[];
  readonly inverses: { x: number; y: number }[];
  readonly joint: { differences: number[][]; p: number[] }[];
  readonly pictures: { after: number[][]; before: number[][]; variance: number }[];
  readonly f: { degrees: [number, number]; quantile: number }[];
}

/** Numbers of SciPy and statsmodels; make_fixtures.py beside them makes them. */
export const reference = JSON.parse(
  readFileSync(new URL('../fixtures/statistics/reference.json', import.meta.url), 'utf8'),
) as Reference;

export const bySeed = (values: readonly number[]) => new Map(values.map((value, seed) => [seed, value]));
