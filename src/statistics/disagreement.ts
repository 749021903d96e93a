import betainc from '@stdlib/math-base-special-betainc';
import type { NamedClasses } from './named-classes.js';

/** Churn: the share of pictures on which two networks name different classes. NaN where no picture could be read. */
export function churn(a: NamedClasses, b: NamedClasses): number {
  let [pictures, differ] = [0, 0];
  for (let at = 0; at < a.predicted.length; at++) {
    const [one, other] = [a.predicted[at] as number, b.predicted[at] as number];
    if (one === a.classes || other === b.classes) continue;
    pictures++;
    if (one !== other) differ++;
  }
  return differ / pictures;
}

/** Mean churn over all pairs of some networks; null for fewer than two. */
export function churnAmong(networks: readonly NamedClasses[]): number | null {
  let [sum, pairs] = [0, 0];
  for (const [at, one] of networks.entries()) {
    for (const other of networks.slice(at + 1)) {
      sum += churn(one, other);
      pairs++;
    }
  }
  return pairs === 0 ? null : sum / pairs;
}

/** McNemar's test (1947) of two networks on the same pictures. */
export interface McNemar {
  /** Pictures that only the one after, only the one before has right. */
  readonly gained: number;
  readonly lost: number;
  /** Exact and two-sided: of the pictures that one alone has right, each is as likely to be the one's as the other's. */
  readonly p: number;
}

/** It is about these two trained networks, not about their designs: another seed is another pair. */
export function mcNemar(after: NamedClasses, before: NamedClasses): McNemar {
  let [gained, lost] = [0, 0];
  for (let at = 0; at < after.predicted.length; at++) {
    const label = after.label[at];
    const [now, then] = [after.predicted[at] === label, before.predicted[at] === label];
    if (now && !then) gained++;
    if (then && !now) lost++;
  }
  return { gained, lost, p: exactP(gained, lost) };
}

/** Of `a` and `b` successes among a + b fair throws: twice the smaller tail, at most 1. */
export function exactP(a: number, b: number): number {
  if (a === b) return 1;
  // The tail of a binomial distribution is an incomplete beta function.
  return Math.min(1, 2 * betainc(0.5, Math.max(a, b), Math.min(a, b) + 1));
}
