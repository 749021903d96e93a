/**
 * Holm's step-down adjustment (1979): the chance of a single false claim among all of these tests stays below the level
 * that each adjusted p is compared with. Nulls (no test) pass through and do not count.
 */
export function holmAdjusted(ps: readonly (number | null)[]): (number | null)[] {
  const adjusted: (number | null)[] = ps.map(() => null);
  const order = ps.flatMap((p, index) => (p === null ? [] : [{ p, index }])).sort((a, b) => a.p - b.p);
  let largest = 0;
  order.forEach(({ p, index }, rank) => {
    largest = Math.max(largest, Math.min(1, p * (order.length - rank)));
    adjusted[index] = largest;
  });
  return adjusted;
}

/** The fewest seeds with which the sign-flip test could show `level` at all, corrected for `tests` of them. */
export function seedsNeeded(tests: number, level: number): number {
  return Math.ceil(1 + Math.log2(Math.max(1, tests) / level) - 1e-12);
}
