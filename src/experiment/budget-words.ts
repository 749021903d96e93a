import type { PlanRecord } from '../records/plan.js';
import { counted, grouped } from '../words/counted.js';

/** What a budget pays for and what it leaves out, in words: for the plan, before anything is trained, and for the report. */
export function budgetWords({ budget, arrangement }: Pick<PlanRecord, 'budget' | 'arrangement'>): string[] {
  if (!budget) return [];
  const { asked, spent, basis, kept, leftOut } = budget;
  const trained = new Set(kept.map(({ variant }) => variant));
  const none = leftOut.filter(({ variant }) => !trained.has(variant)).map(({ variant }) => variant);
  const fewer = leftOut.filter(({ variant }) => trained.has(variant));
  const cost =
    basis === null ? counted(spent, 'run') : `about ${counted(Math.round(spent / 60_000), 'minute')}, ${basis}`;
  const counts = kept.map(({ seeds }) => seeds.length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const seeds = least === most ? counted(least, 'seed') : `${least} to ${counted(most, 'seed')}`;
  const left = [
    ...(none.length > 0 ? [`${counted(none.length, 'network')} (${shortened(none)})`] : []),
    ...(fewer.length > 0
      ? [
          `${counted(
            fewer.reduce((sum, one) => sum + one.seeds.length, 0),
            'further seed',
          )} of ${none.length > 0 ? `${grouped(fewer.length)} others` : counted(fewer.length, 'network')}`,
        ]
      : []),
  ];
  const order =
    arrangement?.kind === 'random-orders'
      ? 'orders are taken from the first that was drawn on'
      : 'the road itself comes first, then networks to compare with, then values that the road does not go on with';
  const why =
    kept.length === 1 && none.length > 0
      ? 'One network is no comparison: a larger budget or shorter runs would give one.'
      : least < 3
        ? 'With fewer than three seeds no verdict is to be had: a larger budget, shorter runs or a shorter road would give one.'
        : none.length > 0
          ? `Each comparison that is kept has its three seeds before a further one is begun, since fewer give no verdict; ${order}.`
          : 'All comparisons are kept; seeds were spread evenly over them.';
  return [
    left.length === 0
      ? `Budget of ${asked}: it pays for the whole suite (${cost}).`
      : `Budget of ${asked}: ${counted(kept.length, 'network')} with ${seeds} each (${cost}). Left out: ${left.join(', and ')}. ${why}`,
  ];
}

const shown = 12;

const shortened = (names: readonly string[]): string =>
  names.length > shown ? `${names.slice(0, shown).join(', ')} and ${names.length - shown} more` : names.join(', ');
