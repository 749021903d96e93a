/** Whether each test picture was right, a byte a picture (0 or 1), by seed. */
export type CorrectBySeed = ReadonlyMap<number, Uint8Array>;

/**
 * How much of a mean difference is the choice of test pictures: the variance over pictures of the true difference of a
 * picture, over N, seeds' own noise removed: [Var_i(mean over seeds) - mean_i(Var over seeds) / n] / N, at least 0. In
 * percent points squared. Null where a seed's pictures are missing or of another number, or there are fewer than two seeds.
 */
export function pictureVariance(after: CorrectBySeed, before: CorrectBySeed, seeds: readonly number[]): number | null {
  const pairs = seeds.map((seed) => [after.get(seed), before.get(seed)] as const);
  const pictures = pairs[0]?.[0]?.length ?? 0;
  const n = pairs.length;
  if (n < 2 || pictures < 2) return null;
  const sums = new Float64Array(pictures);
  const squares = new Float64Array(pictures);
  for (const [a, b] of pairs) {
    if (a?.length !== pictures || b?.length !== pictures) return null;
    for (let i = 0; i < pictures; i++) {
      const difference = (a[i] as number) - (b[i] as number);
      (sums[i] as number) += difference;
      (squares[i] as number) += difference * difference;
    }
  }
  let [grand, within] = [0, 0];
  for (let i = 0; i < pictures; i++) {
    const mean = (sums[i] as number) / n;
    grand += mean / pictures;
    within += ((squares[i] as number) - n * mean * mean) / (n - 1) / pictures;
  }
  let between = 0;
  for (const sum of sums) between += (sum / n - grand) ** 2 / (pictures - 1);
  return (1e4 * Math.max(0, between - within / n)) / pictures;
}

/**
 * As `pictureVariance`, of two means over seeds that need not be the same: [Var_i(difference of the means) - mean_i(Var over
 * seeds / n, of both sides)] / N.
 */
export function unpairedPictureVariance(after: readonly Uint8Array[], before: readonly Uint8Array[]): number | null {
  const pictures = after[0]?.length ?? 0;
  if (after.length < 2 || before.length < 2 || pictures < 2) return null;
  if ([...after, ...before].some(({ length }) => length !== pictures)) return null;
  const share = (runs: readonly Uint8Array[], i: number): number =>
    runs.reduce((sum, bits) => sum + (bits[i] as number), 0) / runs.length;
  // Of a bit that is right with the share m, over n seeds: m (1 - m) n / (n - 1).
  const noise = (mean: number, n: number): number => (mean * (1 - mean)) / (n - 1);
  const differences = new Float64Array(pictures);
  let [grand, within] = [0, 0];
  for (let i = 0; i < pictures; i++) {
    const [a, b] = [share(after, i), share(before, i)];
    differences[i] = a - b;
    grand += (a - b) / pictures;
    within += (noise(a, after.length) + noise(b, before.length)) / pictures;
  }
  let between = 0;
  for (const difference of differences) between += (difference - grand) ** 2 / (pictures - 1);
  return (1e4 * Math.max(0, between - within)) / pictures;
}
