import {
  grouped,
  inUnit,
  none,
  percent,
  pValue,
  signed,
  signedInUnit,
  unitFor,
  withSpread,
  intervalText,
} from '../format.js';
import { labelOf, verdictText } from '../labels.js';
import type { Row, Study } from '../study.js';
import { type Cell, csv } from './csv.js';
import type { Table } from './table.js';

/** The study, a line a variant: accuracy, difference with interval and verdict, cost and speed. */
export function stepTable(study: Study): Table {
  const macs = unitFor(study.rows.map(({ variant }) => variant.macs));
  const params = unitFor(study.rows.map(({ variant }) => variant.params));
  const averaged = study.rows.some(({ ema }) => ema !== null);
  const chosenBy = study.rows.some(({ heldOut }) => heldOut !== null);
  const cumulative = study.plan.strategy === 'cumulative';
  const flipped = study.rows.some(({ judged }) => judged?.jointP != null);
  const open = study.rows.some(({ judged }) => judged?.seedsNeeded != null);
  return {
    columns: [
      { heading: 'step' },
      ...(cumulative ? [] : [{ heading: 'against' }]),
      { heading: 'top-1 %', right: true },
      ...(averaged ? [{ heading: 'EMA, top-1 %', right: true, spare: true }] : []),
      ...(chosenBy ? [{ heading: 'held out, top-1 %', right: true, spare: true }] : []),
      { heading: 'seeds', right: true, spare: true },
      { heading: 'Δ', right: true },
      { heading: '95% interval', right: true },
      ...(flipped ? [{ heading: 'p, sign flips', right: true, spare: true }] : []),
      { heading: 'verdict' },
      ...(open ? [{ heading: `seeds to tell ${percent(study.family.target ?? 1, 1)}`, right: true, spare: true }] : []),
      { heading: `${macs.letter}MACs`, right: true },
      { heading: 'Δ MACs', right: true, spare: true },
      { heading: `params, ${params.letter}`, right: true },
      { heading: 'images/s', right: true, spare: true },
    ],
    rows: study.rows.map((row) => [
      row.variant.adopted ? labelOf(row) : `${labelOf(row)} (not adopted)`,
      ...(cumulative ? [] : [row.variant.parent ?? none]),
      accuracy(row),
      ...(averaged ? [row.ema ? withSpread(row.ema) : none] : []),
      ...(chosenBy ? [row.heldOut ? withSpread(row.heldOut) : none] : []),
      seedsDone(row),
      row.delta ? signed(row.delta.mean) : none,
      intervalText(row.judged?.interval),
      ...(flipped ? [row.judged?.jointP == null ? none : pValue(row.judged.jointP)] : []),
      row.judged ? verdictText(row, study.family.margin) : none,
      ...(open ? [seedsNeeded(row)] : []),
      inUnit(row.variant.macs, macs),
      row.deltaMacs === null ? none : signedInUnit(row.deltaMacs, macs),
      inUnit(row.variant.params, params),
      row.imagesPerSecond ? grouped(Math.round(row.imagesPerSecond.mean)) : none,
    ]),
  };
}

function accuracy({ top1, atChance, states }: Row): string {
  if (!top1) return states.some(({ status }) => status === 'failed') ? 'failed' : none;
  return `${withSpread(top1)}${atChance ? ' (at chance)' : ''}`;
}

function seedsDone({ bySeed, states }: Row): string {
  return bySeed.size === states.length ? `${bySeed.size}` : `${bySeed.size} of ${states.length}`;
}

/** `enough` where a change of that size would have been told. */
function seedsNeeded({ judged, delta }: Row): string {
  if (judged?.seedsNeeded == null) return none;
  return judged.seedsNeeded <= (delta?.seeds.length ?? 0) ? 'enough' : String(judged.seedsNeeded);
}

/** The same and more, unrounded. */
export function stepsCsv({ rows }: Study): string {
  const header = [
    ...['variant', 'title', 'kind', 'section', 'parent', 'adopted', 'seeds_done', 'seeds_failed', 'seeds_planned'],
    ...['top1_mean', 'top1_sd', 'held_out_top1_mean', 'test_set_standard_error', 'delta', ...judgedHeader, 'at_chance'],
    ...['macs', 'delta_macs', 'parameters', 'images_per_second', 'peak_memory_bytes'],
  ];
  return csv(
    header,
    rows.map((row) => {
      const { variant, states, top1 } = row;
      return [
        ...[variant.name, variant.title, variant.kind, variant.section, variant.parent, String(variant.adopted)],
        ...[row.bySeed.size, states.filter(({ status }) => status === 'failed').length, states.length],
        ...[top1?.mean ?? null, top1?.sd ?? null, row.heldOut?.mean ?? null, row.floor],
        ...[row.delta?.mean ?? null, ...judgedCells(row)],
        ...[String(row.atChance), variant.macs, row.deltaMacs, variant.params],
        ...[row.imagesPerSecond?.mean ?? null, row.peakMemoryBytes?.mean ?? null],
      ];
    }),
  );
}

/** What is judged of a difference, the same in every CSV. */
export const judgedHeader = [
  ...['pairs', 'delta_sd', 'delta_sd_moderated', 'low95', 'high95', 'low95_alone', 'high95_alone'],
  ...['p_simultaneous', 'p_sign_flips', 'p_equivalent', 'seeds_needed', 'verdict', 'why', 'because'],
];

export function judgedCells({ delta, judged, change }: Pick<Row, 'delta' | 'judged' | 'change'>): Cell[] {
  const [low, high] = judged?.interval ?? [null, null];
  const [lowAlone, highAlone] = judged?.individual ?? [null, null];
  return [
    ...[delta?.seeds.length ?? null, delta?.sd ?? null, judged?.moderatedSd ?? null, low, high, lowAlone, highAlone],
    ...[judged?.adjustedP ?? null, judged?.jointP ?? null, judged?.equivalenceP ?? null, judged?.seedsNeeded ?? null],
    ...[judged?.verdict.verdict ?? null, judged?.verdict.why ?? null, change?.because ?? null],
  ];
}

/** A line a run: what every number above was computed from. */
export function runsCsv({ rows }: Study): string {
  const header = [
    'variant',
    'seed',
    'status',
    'reason',
    'top1',
    'top5',
    'best_top1',
    'best_epoch',
    'ema_top1',
    'held_out_top1',
    'train_loss',
    'steps',
    'images_per_second',
    'seconds',
    'hash',
  ];
  return csv(
    header,
    rows.flatMap(({ variant, states }) =>
      (variant.sameAs === undefined ? states : []).map((state) => {
        const result = state.status === 'done' ? state.result : null;
        return [
          ...[variant.name, state.seed, state.status, state.status === 'failed' ? state.reason : null],
          ...[
            result?.top1 ?? null,
            result?.top5 ?? null,
            result?.best.top1 ?? null,
            result?.best.epoch ?? null,
            result?.ema?.top1 ?? null,
            result?.validation?.top1 ?? null,
          ],
          ...[
            result?.trainLoss ?? null,
            result?.steps ?? null,
            result?.imagesPerSecond ?? null,
            result?.seconds.total ?? null,
          ],
          state.files.result?.hash ?? state.files.run?.hash ?? null,
        ];
      }),
    ),
  );
}
