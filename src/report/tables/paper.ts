import { rankCorrelation } from '../../statistics/rank-correlation.js';
import { counted, inUnit, none, percent, signed, withSpread } from '../format.js';
import { claimOf, labelOf } from '../labels.js';
import { misprinted, type PaperRoad, type PaperRow, paperParent, paperRoads } from '../paper.js';
import { type Row, rowNamed, type Study } from '../study.js';
import { csv } from './csv.js';
import type { Table } from './table.js';

/** A variant of ours that the paper has too. */
interface Pair {
  readonly row: Row;
  readonly paper: PaperRow;
  /** The paper's own change, where it is against the same network as ours. */
  readonly change: number | null;
}

export interface PaperComparison {
  readonly road: PaperRoad;
  readonly pairs: readonly Pair[];
}

/** What of the study the paper has measured, or null: another base, another strategy, no step in common. */
export function compareWithPaper(study: Study): PaperComparison | null {
  const { plan, rows } = study;
  const road = paperRoads.find(({ base }) => base === plan.base);
  if (!road || plan.strategy !== 'cumulative') return null;
  const pairs = rows.flatMap((row): Pair[] => {
    const paper = paperRow(road, row);
    if (!paper) return [];
    const parent = paperParent(road, paper);
    const ourParent = rowNamed(rows, row.variant.parent);
    const same = parent && ourParent && paperRow(road, ourParent) === parent;
    return [{ row, paper, change: same ? paper.top1 - parent.top1 : null }];
  });
  return pairs.length > 1 ? { road, pairs } : null;
}

function paperRow({ rows }: PaperRoad, { variant }: Row): PaperRow | undefined {
  if (variant.kind === 'base') return rows[0];
  // A kernel-size entry without a value is the paper's 7.
  const name = variant.name === 'kernel-size' ? 'kernel-size-7' : variant.name;
  return rows.find(({ step }) => step === name);
}

/** Ours beside the paper's. Printed and counted GFLOPs stand side by side where the paper's differ. */
export function paperTable({ pairs }: PaperComparison): Table {
  return {
    columns: [
      { heading: 'step' },
      { heading: 'ours, top-1 %', right: true },
      { heading: 'ours, Δ', right: true },
      { heading: 'paper, top-1 %', right: true },
      { heading: 'paper, Δ', right: true },
      { heading: 'paper, GFLOPs printed', right: true },
      { heading: 'counted at 224×224', right: true },
    ],
    rows: pairs.map(({ row, paper, change }) => [
      labelOf(row),
      row.top1 ? withSpread(row.top1) : none,
      row.delta ? signed(row.delta.mean) : none,
      withSpread({ mean: paper.top1, sd: paper.sd }),
      change === null ? none : signed(change),
      `${paper.gflopsPrinted.toFixed(2)}${misprinted(paper) ? ' *' : ''}`,
      paper.macs === null ? none : inUnit(paper.macs, { factor: 1e9, letter: 'G' }),
    ]),
  };
}

export function paperCsv({ pairs }: PaperComparison): string {
  const header = [
    'variant',
    'top1_mean',
    'top1_sd',
    'delta',
    'paper_top1',
    'paper_sd',
    'paper_delta',
    'paper_gflops_printed',
    'macs_counted_224',
    'parameters_counted_224',
  ];
  return csv(
    header,
    pairs.map(({ row, paper, change }) => [
      ...[row.variant.name, row.top1?.mean ?? null, row.top1?.sd ?? null, row.delta?.mean ?? null],
      ...[paper.top1, paper.sd, change, paper.gflopsPrinted, paper.macs, paper.params],
    ]),
  );
}

/** How far the order of our changes is the paper's, and whether what has a verdict here goes the paper's way. */
function agreement(pairs: PaperComparison['pairs']): string[] {
  const changes = pairs.flatMap(({ row, change }) =>
    row.delta && change !== null ? [{ ours: row.delta.mean, paper: change, claim: claimOf(row.judged) }] : [],
  );
  const order = rankCorrelation(changes.map(({ ours, paper }) => [ours, paper] as const));
  const told = changes.filter(({ claim }) => claim === 'helps' || claim === 'hurts');
  const alike = told.filter(({ claim, paper }) => (claim === 'helps' ? paper > 0 : paper < 0)).length;
  return [
    ...(order
      ? [
          `The order of the changes: rank correlation of our Δ with the paper's ${percent(order.value)} over ${counted(order.pairs, 'step')}${order.interval ? `, between ${percent(order.interval[0])} and ${percent(order.interval[1])} with 95%, as if these steps were drawn from many` : ''} (Spearman${order.interval ? '; Bonett and Wright' : ''}). The spread of our Δ over seeds pulls it towards 0.`,
        ]
      : []),
    ...(told.length > 0
      ? [
          `Of ${counted(told.length, 'step')} with a verdict here ${alike} ${alike === 1 ? 'goes' : 'go'} the same way in the paper.`,
        ]
      : []),
  ];
}

/** Footnotes of the table. */
export function paperNotes({ road, pairs }: PaperComparison): string[] {
  return [
    `Paper: Liu et al., A ConvNet for the 2020s (arXiv 2201.03545v2), ${road.table}, ${road.seeds === 1 ? 'one seed' : `mean ± standard deviation of ${road.seeds} seeds`}.`,
    ...(pairs.some(({ paper }) => misprinted(paper)) || road.table === 'Table 11'
      ? [`${road.table === 'Table 10' ? '* ' : ''}${road.note}`]
      : []),
    ...agreement(pairs),
  ];
}
