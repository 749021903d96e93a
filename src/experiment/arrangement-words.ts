import type { PlannedArrangement, PlanRecord } from '../records/plan.js';
import { counted, grouped } from '../words/counted.js';

/** What a strategy has chosen, in words: for the plan, before anything is trained, and for the report. */
export function arrangementWords({ arrangement, variants }: Pick<PlanRecord, 'arrangement' | 'variants'>): string[] {
  if (!arrangement) return [];
  const others = variants.find(({ kind }) => kind === 'base')?.steps ?? [];
  const stays = others.length > 0 ? [`On in every network: ${others.join(', ')}.`] : [];
  return [...wordsOf(arrangement), ...stays];
}

function wordsOf(arrangement: PlannedArrangement): string[] {
  if (arrangement.kind === 'random-orders') return ordersWords(arrangement);
  if (arrangement.kind === 'grid') {
    const { across, down, cells } = arrangement;
    return [
      `Grid: ${counted(down.values.length, 'value')} of ${down.step} by ${across.values.length} of ${across.step}, ${counted(cells.length, 'network')}.`,
    ];
  }
  const { steps, cells, words, generators, resolution } = arrangement;
  if (resolution === null)
    return [`Factorial: all ${counted(cells.length, 'combination')} of ${counted(steps.length, 'step')}.`];
  return [
    `Factorial: ${counted(cells.length, 'combination')} of ${grouped(2 ** steps.length)} of ${counted(steps.length, 'step')}, of resolution ${roman(resolution)}: ${meaning(resolution)}.`,
    `It is the half (or less) in which each of these sets has an even number of steps on: ${words
      .slice(0, generators)
      .map((word) => word.join(' × '))
      .join('; ')}.`,
  ];
}

function ordersWords(arrangement: Extract<PlannedArrangement, { kind: 'random-orders' }>): string[] {
  const { steps, orders, lawfulOrders, lawfulSets, paired } = arrangement;
  const reached = new Set(orders.flatMap(({ networks }) => networks)).size;
  const drawn =
    orders.length === lawfulOrders
      ? `all ${counted(lawfulOrders, 'order')} of ${counted(steps.length, 'step')} in which each finds what it needs`
      : `${counted(orders.length, 'order')} of ${counted(steps.length, 'step')}, drawn from the ${grouped(lawfulOrders)} in which each finds what it needs, all as likely and none twice${paired ? '; each stands beside its reverse' : ''}`;
  const exact =
    reached === lawfulSets
      ? 'all there are, so that Shapley values are exact but for the seeds'
      : `of ${grouped(lawfulSets)}`;
  return [
    `Random orders: ${drawn}. ${grouped(orders.length * (steps.length + 1))} places on them are ${counted(reached, 'network')} (${exact}), each trained once.`,
  ];
}

const romans = ['', 'I', 'II', 'III', 'IV', 'V', 'VI', 'VII', 'VIII', 'IX', 'X'];
const roman = (number: number): string => romans[number] ?? String(number);

function meaning(resolution: number): string {
  if (resolution === 3) return 'what a step does is mixed up with what pairs of others do together';
  if (resolution === 4)
    return 'what a step does is mixed up with no pair, what pairs do together with that of other pairs';
  return 'what steps and pairs of them do is mixed up with three and more together only';
}
