/**
 * Benjamini & Hochberg (1995): of the claims with an adjusted p below a level, that share is false on average. In the
 * order given.
 */
export function benjaminiHochberg(ps: readonly number[]): number[] {
  const descending = ps.map((p, index) => ({ p, index })).sort((a, b) => b.p - a.p);
  const adjusted = new Array<number>(ps.length).fill(1);
  let least = 1;
  descending.forEach(({ p, index }, at) => {
    least = Math.min(least, (p * ps.length) / (ps.length - at));
    adjusted[index] = least;
  });
  return adjusted;
}
