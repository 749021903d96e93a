/** Numbers as the report prints them; the same on every machine, whatever its locale. */

import { grouped } from '../words/counted.js';

export { counted, grouped } from '../words/counted.js';

/** A missing value in a table. */
export const none = '–';

const minus = '−';

/** Percent points with two digits: `81.97`. */
export const percent = (value: number, digits = 2): string =>
  value
    .toFixed(digits)
    .replace(/^-(0\.?0*)$/, '$1')
    .replace('-', minus);

/** `81.97 ± 0.06`; the mean alone where there is no spread. */
export const withSpread = ({ mean, sd }: { readonly mean: number; readonly sd: number | null }): string =>
  `${percent(mean)}${sd === null ? '' : ` ± ${percent(sd)}`}`;

/** `45 s`, `12 min`, `3 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `+2.72 … +4.11`; a dash where there is none. */
export const intervalText = (interval: readonly [number, number] | null | undefined, digits = 2): string =>
  interval ? `${signed(interval[0], digits)} … ${signed(interval[1], digits)}` : none;

/** With a sign that is never missing: `+0.54`, `−1.23`, `0.00`. */
export function signed(value: number, digits = 2): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${value > 0 ? '+' : minus}${text}`;
}

const unitSteps = [
  { factor: 1e12, letter: 'T' },
  { factor: 1e9, letter: 'G' },
  { factor: 1e6, letter: 'M' },
  { factor: 1e3, letter: 'k' },
] as const;

export interface Unit {
  readonly factor: number;
  readonly letter: string;
}

/** The unit in which the median of `values` is at least 1: a road's costs are all printed in one. */
export function unitFor(values: readonly number[]): Unit {
  const ascending = [...values].sort((a, b) => a - b);
  const median = ascending[ascending.length >> 1] ?? 0;
  return unitSteps.find(({ factor }) => median >= factor) ?? { factor: 1, letter: '' };
}

/** Three significant digits at least, never more than three behind the point: `4.46`, `21.3`, `128`, `40,079`. */
export function inUnit(value: number, { factor }: Unit): string {
  const scaled = value / factor;
  const digits = scaled === 0 ? 0 : Math.max(0, Math.min(3, 2 - Math.floor(Math.log10(Math.abs(scaled)))));
  return (digits === 0 ? grouped(Math.round(scaled)) : scaled.toFixed(digits)).replace('-', minus);
}

/** As `inUnit`, with a sign; `0` for no change at all. */
export function signedInUnit(value: number, unit: Unit): string {
  if (value === 0) return '0';
  return `${value > 0 ? '+' : minus}${inUnit(Math.abs(value), unit)}`;
}

/** p as printed: `0.25`, `0.0039`, `< 0.0001`. */
export function pValue(p: number): string {
  if (p < 0.0001) return '< 0.0001';
  return p >= 0.1 ? p.toFixed(2) : Number(p.toPrecision(2)).toString();
}

/** A sentence that names more is not read. */
const mostListed = 20;

/** `a, b and c`; of more than twenty the first and how many more. */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  if (items.length > mostListed) return firstOf(items, mostListed - 1);
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** `a, b and 7 more`. */
export const firstOf = (items: readonly string[], shown: number): string =>
  `${items.slice(0, shown).join(', ')} and ${items.length - shown} more`;

/** Seeds as ranges: `0-4, 7`. */
export function seedList(seeds: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const seed of [...seeds].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && seed === last[1] + 1) last[1] = seed;
    else runs.push([seed, seed]);
  }
  return runs
    .map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from}, ${to}` : `${from}-${to}`))
    .join(', ');
}
