import type { PlannedArrangement } from '../records/plan.js';
import type { Combination } from '../statistics/effects.js';
import { type FactorialEffect, factorialEffects } from '../statistics/factorial.js';
import { type Judged, judgeFamily } from '../statistics/family.js';
import { type Shapley, shapley } from '../statistics/shapley.js';

/** An effect of a factorial, judged among all of its effects. */
export interface JudgedEffect extends FactorialEffect {
  readonly judged: Judged;
}

/** What is drawn from how a strategy has arranged its networks. */
export interface Arranged {
  readonly shapley: Shapley | null;
  readonly factorial: readonly JudgedEffect[];
}

/** @param combinations the networks that can be compared: not at chance, and under the conditions of most */
export function arrangedResults(
  arrangement: PlannedArrangement | undefined,
  combinations: readonly Combination[],
): Arranged {
  const results = new Map(combinations.map(({ name, results: own }) => [name, own]));
  if (arrangement?.kind === 'random-orders')
    return { shapley: shapley(arrangement.orders, results, arrangement), factorial: [] };
  if (arrangement?.kind !== 'factorial') return { shapley: null, factorial: [] };
  const effects = factorialEffects(arrangement, results);
  const { judged } = judgeFamily(
    effects.map(({ terms, difference }) => ({ terms, difference })),
    { flips: false, target: null },
  );
  return { shapley: null, factorial: effects.map((effect, at) => ({ ...effect, judged: judged[at] as Judged })) };
}

/** A verdict of an interval alone. */
export function sideOf(interval: readonly [number, number] | null): 'helps' | 'hurts' | 'unresolved' {
  if (interval === null) return 'unresolved';
  return interval[0] > 0 ? 'helps' : interval[1] < 0 ? 'hurts' : 'unresolved';
}
