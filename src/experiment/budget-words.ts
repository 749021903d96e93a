import type { BudgetPart, BudgetRecord, PlanRecord } from '../records/plan.js';
import { counted, grouped } from '../words/counted.js';

/**
 * What a budget pays for and what it leaves out, in words: for the plan, before anything is trained, and for the report.
 *
 * @param part what it pays for of the networks that a command looks at, where these are not all
 */
export function budgetWords(
  { budget, arrangement }: Pick<PlanRecord, 'budget' | 'arrangement'>,
  part: BudgetPart | null = budget ?? null,
): string[] {
  if (!budget || !part) return [];
  const beside = part === budget ? besideWords(budget) : [];
  if (part.kept.length === 0) return [`Budget of ${budget.asked}: it pays for nothing of the whole suite.`, ...beside];
  const all = part === budget ? 'the whole suite' : 'all networks that --only leaves';
  return [partWords(budget.asked, part, all, arrangement), ...beside];
}

/** What was asked for by name beside what the budget pays for of the whole. */
function besideWords({ kept, only = [] }: BudgetRecord): string[] {
  const whole = new Map(kept.map(({ variant, seeds }) => [variant, seeds]));
  const more = only
    .flatMap((part) => part.kept)
    .filter(({ variant, seeds }) => seeds.some((seed) => !whole.get(variant)?.includes(seed)));
  const names = [...new Set(more.map(({ variant }) => variant))];
  return names.length > 0 ? [`Beside it, asked for by --only: ${shortened(names)}.`] : [];
}

function partWords(
  asked: string,
  { spent, basis, kept, leftOut }: BudgetPart,
  all: string,
  arrangement: PlanRecord['arrangement'],
): string {
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
      : 'the road itself comes first, then networks to compare with, then values that the road does not go on with; behind what is too dear, cheaper networks are kept that do not need it';
  const why =
    kept.length === 1 && none.length > 0
      ? 'One network is no comparison: a larger budget or shorter runs would give one.'
      : least < 3
        ? 'With fewer than three seeds no verdict is to be had: a larger budget, shorter runs or a shorter road would give one.'
        : none.length > 0
          ? `Each comparison that is kept has its three seeds before a further one is begun, since fewer give no verdict; ${order}.`
          : 'All comparisons are kept; seeds were spread evenly over them.';
  return left.length === 0
    ? `Budget of ${asked}: it pays for ${all} (${cost}).`
    : `Budget of ${asked}: ${counted(kept.length, 'network')} with ${seeds} each (${cost}). Left out: ${left.join(', and ')}. ${why}`;
}

const shown = 12;

const shortened = (names: readonly string[]): string =>
  names.length > shown ? `${names.slice(0, shown).join(', ')} and ${names.length - shown} more` : names.join(', ');
