import { sideOf } from '../arrangement.js';
import { none, percent, signed, intervalText } from '../format.js';
import { claimOf, togetherWords } from '../labels.js';
import { rowNamed, type Study } from '../study.js';
import { csv } from './csv.js';
import type { Table } from './table.js';

/** What each step is worth over the orders; largest first. Null for other strategies. */
export function shapleyTable({ arranged: { shapley }, family: { margin } }: Study): Table | null {
  if (!shapley) return null;
  const values = [...shapley.values].sort((a, b) => b.value - a.value);
  return {
    columns: [
      { heading: 'step' },
      { heading: 'worth', right: true },
      { heading: '95% interval', right: true },
      { heading: 'verdict' },
      { heading: 'standard error', right: true },
      { heading: 'by orders', right: true, spare: true },
      { heading: 'by seeds', right: true, spare: true },
      { heading: 'by test pictures', right: true, spare: true },
      { heading: 'in the least favourable order', right: true, spare: true },
      { heading: 'in the most', right: true, spare: true },
    ],
    rows: [
      ...values.map(({ step, value, error, interval, range: [least, most] }) => [
        step,
        signed(value),
        intervalText(interval),
        interval === null ? 'one seed, not judged' : sideOf(interval, margin),
        error ? percent(error.total) : none,
        error ? (shapley.exact ? 'all orders' : percent(error.orders)) : none,
        error ? percent(error.seeds) : none,
        error?.pictures == null ? none : percent(error.pictures),
        signed(least),
        signed(most),
      ]),
      ['all together', signed(shapley.whole), none, '', none, none, none, none, none, none],
    ],
  };
}

export function shapleyCsv({ arranged: { shapley } }: Study): string {
  return csv(
    [
      ...['step', 'shapley', 'standard_error', 'by_orders', 'by_seeds', 'by_pictures', 'degrees'],
      ...['low95', 'high95', 'least', 'most'],
    ],
    (shapley?.values ?? []).map(({ step, value, error, interval, range: [least, most] }) => [
      ...[step, value, error?.total ?? null, error?.orders ?? null, error?.seeds ?? null, error?.pictures ?? null],
      ...[error && Number.isFinite(error.degrees) ? error.degrees : null, interval?.[0] ?? null, interval?.[1] ?? null],
      ...[least, most],
    ]),
  );
}

/** What pairs of steps give beyond their sum, over all orders; largest first. Null where not all sets were trained. */
export function pairsTable({ arranged: { pairs }, family: { margin } }: Study): Table | null {
  if (pairs.length === 0) return null;
  return {
    columns: [
      { heading: 'steps' },
      { heading: 'beyond their sum', right: true },
      { heading: '95% interval', right: true },
      { heading: 'verdict' },
      { heading: 'standard error', right: true },
      { heading: 'by seeds', right: true, spare: true },
      { heading: 'by test pictures', right: true, spare: true },
    ],
    rows: [...pairs]
      .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
      .map(({ steps, value, error, interval }) => [
        effectName(steps),
        signed(value),
        intervalText(interval),
        interval === null ? 'one seed, not judged' : togetherWords[sideOf(interval, margin)],
        error ? percent(error.total) : none,
        error ? percent(error.seeds) : none,
        error?.pictures == null ? none : percent(error.pictures),
      ]),
  };
}

export function pairsCsv({ arranged: { pairs }, family: { margin } }: Study): string {
  return csv(
    [
      ...['step', 'other', 'beyond_their_sum', 'standard_error', 'by_seeds', 'by_pictures', 'degrees'],
      ...['low95', 'high95', 'verdict'],
    ],
    pairs.map(({ steps, value, error, interval }) => [
      ...[...steps, value, error?.total ?? null, error?.seeds ?? null, error?.pictures ?? null],
      ...[error && Number.isFinite(error.degrees) ? error.degrees : null, interval?.[0] ?? null, interval?.[1] ?? null],
      togetherWords[sideOf(interval, margin)],
    ]),
  );
}

const effectName = (steps: readonly string[]): string => steps.join(' × ');

/** Effects of a factorial with what they are mixed up with. Null for other strategies. */
export function factorialTable({ arranged: { factorial }, plan }: Study): Table | null {
  if (factorial.length === 0) return null;
  const mixed = plan.arrangement?.kind === 'factorial' && plan.arrangement.resolution !== null;
  return {
    columns: [
      { heading: 'step, or two together' },
      { heading: 'effect', right: true },
      { heading: '95% interval', right: true },
      { heading: 'verdict' },
      ...(mixed ? [{ heading: 'mixed up with' }] : []),
    ],
    rows: factorial.map(({ steps, aliases, difference, judged }) => [
      effectName(steps),
      difference ? signed(difference.mean) : none,
      intervalText(judged.interval),
      effectVerdict(steps, claimOf(judged), difference !== null),
      ...(mixed ? [aliases.map(effectName).join(', ') || 'three and more together only'] : []),
    ]),
  };
}

function effectVerdict(steps: readonly string[], claim: ReturnType<typeof claimOf>, measured: boolean): string {
  if (!measured) return 'a network is missing';
  if (claim === null || steps.length === 1) return claim ?? 'unresolved';
  return togetherWords[claim];
}

export function factorialCsv({ arranged: { factorial } }: Study): string {
  return csv(
    ['effect', 'value', 'sd', 'seeds', 'low95', 'high95', 'verdict', 'mixed_up_with'],
    factorial.map(({ steps, aliases, difference, judged }) => [
      ...[effectName(steps), difference?.mean ?? null, difference?.sd ?? null, difference?.seeds.length ?? 0],
      ...[judged.interval?.[0] ?? null, judged.interval?.[1] ?? null, judged.verdict.verdict],
      aliases.map(effectName).join('; '),
    ]),
  );
}

export function gridCsv({ plan: { arrangement }, rows }: Study): string {
  if (arrangement?.kind !== 'grid') return '';
  return csv(
    [arrangement.down.step, arrangement.across.step, 'top1_mean', 'top1_sd', 'seeds', 'delta', 'low95', 'high95'],
    arrangement.cells.map(({ network, down, across }) => {
      const row = rowNamed(rows, network);
      const interval = row?.judged?.interval ?? null;
      return [
        ...[down, across, row?.top1?.mean ?? null, row?.top1?.sd ?? null, row?.bySeed.size ?? 0],
        ...[row?.delta?.mean ?? null, interval?.[0] ?? null, interval?.[1] ?? null],
      ];
    }),
  );
}
