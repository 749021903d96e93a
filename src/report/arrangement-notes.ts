import type { Shapley } from '../statistics/shapley.js';
import { type Side, sideOf } from './arrangement.js';
import { counted, listed, percent, signed } from './format.js';
import { claimOf } from './labels.js';
import { rowNamed, type Study } from './study.js';

/** How to read what a strategy's arrangement shows. */
export function arrangementNotes({
  arranged: { shapley, pairs, factorial },
  plan,
  family: { margin },
}: Study): string[] {
  if (plan.arrangement?.kind === 'random-orders' && !shapley)
    return [
      'No step has a worth yet: no order has a result for every network on it that is above chance and under the conditions of the others.',
    ];
  if (shapley) {
    const { exact, orders, drawn } = shapley;
    const missing = drawn - orders;
    return [
      `A step's worth (Shapley 1953) is what it adds, averaged over ${exact ? 'all orders' : `${counted(orders, 'order')}`} in which steps can be added; the worths of all steps sum to the whole difference. ${doubts(shapley)}; in 95 of 100 such studies all of them hold the true worths at once.${margin === null ? '' : ` Equivalent: the interval lies within ±${percent(margin)}.`}`,
      ...(!exact && missing > 0
        ? [`${counted(missing, 'order')} of ${drawn} left out, since a network on the way has no result.`]
        : []),
      ...(pairs.length > 0
        ? [
            'Beyond their sum, below: what two steps give together more than each gives without the other, averaged over the orders in which one comes directly after the other (the Shapley interaction index, Grabisch & Roubens 1999). Its intervals hold the same doubt, all pairs together with 95%. Where two steps are not their sum, the order matters to both.',
          ]
        : []),
    ];
  }
  if (factorial.length > 0)
    return [
      'The effect of a step is the mean of all networks with it less that of all without it; that of two steps together is how much more the one does where the other is on. All effects are judged together.',
    ];
  return [];
}

/** What an interval of a worth holds. */
function doubts({ exact, values }: Shapley): string {
  const pictures = values.every(({ error }) => error?.pictures != null);
  const drawn = [...(exact ? [] : ['other orders']), 'other seeds', ...(pictures ? ['other test pictures'] : [])];
  return `The interval holds the doubt that ${listed(drawn)} could have been drawn${pictures ? '' : '; the choice of test pictures is not in it'}`;
}

/** The answer of an arrangement in a sentence or two; empty where there is none. */
export function arrangementSummary(study: Study): string[] {
  const { arranged, plan, rows } = study;
  if (arranged.shapley) return [shapleySentence(arranged.shapley, study.family.margin)];
  if (arranged.factorial.length > 0) return [factorialSentence(arranged.factorial)];
  if (plan.arrangement?.kind !== 'grid') return [];
  const measured = plan.arrangement.cells.flatMap(({ network }) => rowNamed(rows, network) ?? []);
  const [best] = measured.filter(({ top1 }) => top1).sort((a, b) => (b.top1?.mean ?? 0) - (a.top1?.mean ?? 0));
  if (!best?.top1) return [];
  const told = best.variant.adopted
    ? 'the adopted pair of values'
    : claimOf(best.judged) === 'helps'
      ? 'more than the adopted pair'
      : 'not told apart from the adopted pair by these runs';
  return [`Highest of ${measured.length} pairs: ${best.variant.title} at ${best.top1.mean.toFixed(2)}%, ${told}.`];
}

function shapleySentence({ values, whole, exact, orders }: Shapley, margin: number | null): string {
  const named = (side: Side) =>
    values.flatMap(({ step, value, interval }) =>
      sideOf(interval, margin) === side ? [`${step} (${signed(value)})`] : [],
    );
  const [helps, hurts, none] = [named('helps'), named('hurts'), named('equivalent')];
  const parts = [
    ...(helps.length > 0 ? [`${listed(helps)} ${helps.length === 1 ? 'helps' : 'help'}`] : []),
    ...(hurts.length > 0 ? [`${listed(hurts)} ${hurts.length === 1 ? 'hurts' : 'hurt'}`] : []),
    ...(none.length > 0 ? [`${listed(none)} ${none.length === 1 ? 'changes' : 'change'} less than the margin`] : []),
  ];
  const over = exact ? 'over all orders' : `over ${counted(orders, 'order')}`;
  const open = values.length - helps.length - hurts.length - none.length;
  if (parts.length === 0)
    return `Of the ${signed(whole)} points of ${counted(values.length, 'step')} together, no step's share ${over} can be told from nothing with these runs.`;
  return `Of the ${signed(whole)} points of ${counted(values.length, 'step')} together, averaged ${over}: ${parts.join('; ')}${open > 0 ? `; ${counted(open, 'other')} cannot be told from no change` : ''}.`;
}

function factorialSentence(effects: Study['arranged']['factorial']): string {
  const words = (claim: 'helps' | 'hurts', size: number) =>
    effects.flatMap(({ steps, difference, judged }) =>
      steps.length === size && claimOf(judged) === claim
        ? [`${steps.join(' × ')} (${signed(difference?.mean ?? 0)})`]
        : [],
    );
  const parts = [
    ...(words('helps', 1).length > 0 ? [`helps on average: ${listed(words('helps', 1))}`] : []),
    ...(words('hurts', 1).length > 0 ? [`hurts: ${listed(words('hurts', 1))}`] : []),
    ...(words('helps', 2).length > 0 ? [`more together than each: ${listed(words('helps', 2))}`] : []),
    ...(words('hurts', 2).length > 0 ? [`less together than each: ${listed(words('hurts', 2))}`] : []),
  ];
  const told = `${parts.join('; ')}.`;
  return parts.length === 0
    ? `None of ${counted(effects.length, 'effect')} of steps and pairs can be told from nothing with these runs.`
    : told.charAt(0).toUpperCase() + told.slice(1);
}
