/** The level at which a study's comparisons are judged, all of them together. */
export const level = 0.05;

export type Verdict =
  | { readonly verdict: 'helps' | 'hurts' | 'equivalent'; readonly why: null }
  | { readonly verdict: 'unresolved'; readonly why: UnresolvedReason };

/** Why a comparison is not judged at all: its numbers do not say what a verdict would. */
export type Exemption = 'not run' | 'at chance' | 'not comparable' | 'changes nothing';

/**
 * Why nothing can be claimed: an exemption; no run pairs; one seed, which has no spread; two seeds, which promise no
 * verdict; equal differences with every seed, as if seeds decided nothing; smaller than the test set resolves; or the
 * interval holds 0.
 */
export type UnresolvedReason =
  | Exemption
  | 'no pairs'
  | 'one seed'
  | 'two seeds'
  | 'no spread'
  | 'below the floor'
  | 'interval holds 0';

export const unresolved = (why: UnresolvedReason): Verdict => ({ verdict: 'unresolved', why });
