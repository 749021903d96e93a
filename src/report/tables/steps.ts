import { grouped, inUnit, none, pValue, signed, signedInUnit, unitFor, withSpread } from '../format.js';
import { labelOf, verdictText } from '../labels.js';
import type { Row, Study } from '../study.js';
import { csv } from './csv.js';
import type { Table } from './table.js';

/** The study, a line a variant: accuracy, difference with interval and verdict, cost and speed. */
export function stepTable(study: Study): Table {
  const macs = unitFor(study.rows.map(({ variant }) => variant.macs));
  const params = unitFor(study.rows.map(({ variant }) => variant.params));
  const averaged = study.rows.some(({ ema }) => ema !== null);
  const cumulative = study.plan.strategy === 'cumulative';
  return {
    columns: [
      { heading: 'step' },
      ...(cumulative ? [] : [{ heading: 'against' }]),
      { heading: 'top-1 %', right: true },
      ...(averaged ? [{ heading: 'EMA, top-1 %', right: true }] : []),
      { heading: 'seeds', right: true },
      { heading: 'Δ', right: true },
      { heading: '95% interval', right: true },
      { heading: 'p (Holm)', right: true },
      { heading: 'verdict' },
      { heading: `${macs.letter}MACs`, right: true },
      { heading: 'Δ MACs', right: true },
      { heading: `params, ${params.letter}`, right: true },
      { heading: 'images/s', right: true },
    ],
    rows: study.rows.map((row) => [
      row.variant.adopted ? labelOf(row) : `${labelOf(row)} (not adopted)`,
      ...(cumulative ? [] : [row.variant.parent ?? none]),
      accuracy(row),
      ...(averaged ? [row.ema ? withSpread(row.ema) : none] : []),
      seedsDone(row),
      row.delta ? signed(row.delta.mean) : none,
      row.delta?.interval ? `${signed(row.delta.interval[0])} … ${signed(row.delta.interval[1])}` : none,
      row.adjustedP === null ? none : pValue(row.adjustedP),
      row.delta ? verdictText(row) : none,
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

/** The same and more, unrounded. */
export function stepsCsv({ rows }: Study): string {
  const header = [
    ...['variant', 'title', 'kind', 'section', 'parent', 'adopted', 'seeds_done', 'seeds_failed', 'seeds_planned'],
    ...[
      'top1_mean',
      'top1_sd',
      'test_set_standard_error',
      'delta',
      'delta_low95',
      'delta_high95',
      'pairs',
      'p',
      'p_holm',
      'smallest_p',
    ],
    ...['verdict', 'why', 'at_chance', 'macs', 'delta_macs', 'parameters', 'images_per_second'],
  ];
  return csv(
    header,
    rows.map(
      ({ variant, states, bySeed, top1, floor, delta, adjustedP, verdict, atChance, deltaMacs, imagesPerSecond }) => [
        ...[variant.name, variant.title, variant.kind, variant.section, variant.parent, String(variant.adopted)],
        ...[bySeed.size, states.filter(({ status }) => status === 'failed').length, states.length],
        ...[
          top1?.mean ?? null,
          top1?.sd ?? null,
          floor,
          delta?.mean ?? null,
          delta?.interval?.[0] ?? null,
          delta?.interval?.[1] ?? null,
        ],
        ...[delta?.seeds.length ?? null, delta?.p ?? null, adjustedP, delta?.smallestP ?? null],
        ...[
          verdict?.verdict ?? null,
          verdict?.why ?? null,
          String(atChance),
          variant.macs,
          deltaMacs,
          variant.params,
          imagesPerSecond?.mean ?? null,
        ],
      ],
    ),
  );
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
    'train_loss',
    'steps',
    'images_per_second',
    'seconds',
    'hash',
  ];
  return csv(
    header,
    rows.flatMap(({ variant, states }) =>
      states.map((state) => {
        const result = state.status === 'done' ? state.result : null;
        return [
          ...[variant.name, state.seed, state.status, state.status === 'failed' ? state.reason : null],
          ...[
            result?.top1 ?? null,
            result?.top5 ?? null,
            result?.best.top1 ?? null,
            result?.best.epoch ?? null,
            result?.ema?.top1 ?? null,
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
