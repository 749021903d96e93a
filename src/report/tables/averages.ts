import type { Averaged } from '../averages.js';
import { none, signed, withSpread, intervalText } from '../format.js';
import { labelOf, verdictText } from '../labels.js';
import type { Table } from './table.js';

/** What averaging the weights does to each network that keeps an average; null where none does. */
export function averagesTable(averaged: readonly Averaged[], margin: number | null): Table | null {
  if (averaged.length === 0) return null;
  return {
    columns: [
      { heading: 'network' },
      { heading: 'top-1 %', right: true },
      { heading: 'averaged, top-1 %', right: true },
      { heading: 'Δ', right: true },
      { heading: '95% interval', right: true },
      { heading: 'verdict on averaging' },
    ],
    rows: averaged.map(({ row, top1, difference, judged }) => [
      labelOf(row),
      row.top1 ? withSpread(row.top1) : none,
      withSpread(top1),
      signed(difference.mean),
      intervalText(judged.interval),
      verdictText({ judged, change: null }, margin),
    ]),
  };
}

export const averagesNotes = [
  'Recipes with `ema` keep a moving average of the weights beside the weights themselves, and both are tested at the end of a run. Δ is the average less the network that it is an average of, seed by seed, all of these judged together. The other tables are about the weights themselves.',
];
