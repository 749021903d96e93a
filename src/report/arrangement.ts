import type { PlannedArrangement } from '../records/plan.js';
import { type FactorialEffect, factorialEffects } from '../statistics/factorial.js';
import { type Judged, judgeFamily } from '../statistics/family.js';
import type { Coefficients } from '../statistics/linear.js';
import { contrastPictureVariance } from '../statistics/pictures.js';
import { type Shapley, shapley } from '../statistics/shapley.js';
import { type ShapleyPair, shapleyPairs } from '../statistics/shapley-pairs.js';
import { picturesAmong, type Trained, type Wishes } from './interactions.js';

/** An effect of a factorial, judged among all of its effects. */
export interface JudgedEffect extends FactorialEffect {
  readonly judged: Judged;
}

/** What is drawn from how a strategy has arranged its networks. */
export interface Arranged {
  readonly shapley: Shapley | null;
  /** Every two steps over all orders; empty where not all sets of steps were trained. */
  readonly pairs: readonly ShapleyPair[];
  readonly factorial: readonly JudgedEffect[];
}

/** @param combinations the networks that can be compared: not at chance, and under the conditions of most */
export function arrangedResults(
  arrangement: PlannedArrangement | undefined,
  combinations: readonly Trained[],
  wishes: Wishes,
): Arranged {
  const results = new Map(combinations.map(({ name, results: own }) => [name, own]));
  if (arrangement?.kind === 'random-orders') {
    const pictures = picturesOfMeans(combinations);
    return {
      shapley: shapley(arrangement.orders, results, { ...arrangement, pictures }),
      pairs: shapleyPairs(arrangement.orders, results, pictures),
      factorial: [],
    };
  }
  if (arrangement?.kind !== 'factorial') return { shapley: null, pairs: [], factorial: [] };
  const effects = factorialEffects(arrangement, results);
  const picturesIn = picturesAmong(combinations);
  const { judged } = judgeFamily(
    effects.map(({ terms, difference }) => ({
      terms,
      difference,
      pictures: difference && picturesIn(terms, difference.seeds),
    })),
    { ...wishes, flips: false, target: null },
  );
  return {
    shapley: null,
    pairs: [],
    factorial: effects.map((effect, at) => ({ ...effect, judged: judged[at] as Judged })),
  };
}

/** The choice of test pictures in a sum of networks' means, each over all seeds that it has. */
function picturesOfMeans(combinations: readonly Trained[]): (weights: Coefficients) => number | null {
  const runs = new Map(combinations.map(({ name, correct }) => [name, [...correct().values()]]));
  return (weights) =>
    contrastPictureVariance([...weights].map(([name, weight]) => ({ weight, runs: runs.get(name) ?? [] })));
}

export type Side = 'helps' | 'hurts' | 'equivalent' | 'unresolved';

/** A verdict of an interval alone; `margin`: within ± it a change is none. */
export function sideOf(interval: readonly [number, number] | null, margin: number | null): Side {
  if (interval === null) return 'unresolved';
  const [low, high] = interval;
  if (low > 0) return 'helps';
  if (high < 0) return 'hurts';
  return margin !== null && low > -margin && high < margin ? 'equivalent' : 'unresolved';
}
