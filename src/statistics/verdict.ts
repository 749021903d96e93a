import type { PairedDifference } from './paired.js';

/** The level at which a road's steps are judged, all of them together. */
export const level = 0.05;

export type Verdict =
  | { readonly verdict: 'helped' | 'hurt'; readonly why: null }
  | { readonly verdict: 'unresolved'; readonly why: UnresolvedReason };

/**
 * Why nothing can be claimed: no run pairs; so few seeds that no result could reach the level; smaller than one
 * standard error of the test set's own sampling; or simply not distinguishable from chance.
 */
type UnresolvedReason = 'no pairs' | 'too few seeds' | 'below the floor' | 'not significant';

export interface Evidence {
  readonly difference: PairedDifference | null;
  /** The difference's p after Holm's correction over everything judged with it. */
  readonly adjustedP: number | null;
  /** How many comparisons are judged together. */
  readonly tests: number;
  /** Smallest difference that the test set can resolve: one binomial standard error of the accuracy. */
  readonly floor: number | null;
}

/** 'helped' or 'hurt' only where the corrected exact test says so and the test set is large enough to tell. */
export function judge({ difference, adjustedP, tests, floor }: Evidence): Verdict {
  if (!difference || adjustedP === null) return { verdict: 'unresolved', why: 'no pairs' };
  if (adjustedP >= level) {
    return { verdict: 'unresolved', why: difference.smallestP * tests >= level ? 'too few seeds' : 'not significant' };
  }
  if (floor !== null && Math.abs(difference.mean) < floor) return { verdict: 'unresolved', why: 'below the floor' };
  return { verdict: difference.mean > 0 ? 'helped' : 'hurt', why: null };
}

/** Which side of 0 the interval lies on, if it does not cover it: a lean, not a verdict. */
export function leaning(difference: PairedDifference | null): 'up' | 'down' | null {
  if (!difference?.interval) return null;
  if (difference.interval[0] > 0) return 'up';
  return difference.interval[1] < 0 ? 'down' : null;
}
