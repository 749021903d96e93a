/** Whether each test picture was right, a byte a picture (0 or 1), by seed. */
export type CorrectBySeed = ReadonlyMap<number, Uint8Array>;

/** A network's part of a contrast, a sum of networks' accuracies with known weights. */
export interface Part {
  readonly weight: number;
  /** Its runs, a byte a picture. */
  readonly runs: readonly Uint8Array[];
}

/**
 * How much of a mean difference is the choice of test pictures: the variance over pictures of the true difference of a
 * picture, over N, seeds' own noise removed: [Var_i(mean over seeds) - mean_i(Var over seeds) / n] / N, at least 0. In
 * percent points squared. Null where a seed's pictures are missing or of another number, or there are fewer than two seeds.
 */
export const pictureVariance = (after: CorrectBySeed, before: CorrectBySeed, seeds: readonly number[]): number | null =>
  pairedPictureVariance(
    [
      [1, after],
      [-1, before],
    ],
    seeds,
  );

/** As `pictureVariance`, of a contrast of any number of networks over the seeds that all of them have. */
export function pairedPictureVariance(
  terms: readonly (readonly [weight: number, correct: CorrectBySeed])[],
  seeds: readonly number[],
): number | null {
  const runs = seeds.map((seed) => terms.map(([weight, correct]) => [weight, correct.get(seed)] as const));
  const pictures = runs[0]?.[0]?.[1]?.length ?? 0;
  const n = seeds.length;
  if (n < 2 || pictures < 2) return null;
  const sums = new Float64Array(pictures);
  const squares = new Float64Array(pictures);
  const own = new Float64Array(pictures);
  for (const run of runs) {
    own.fill(0);
    for (const [weight, bits] of run) {
      if (bits?.length !== pictures) return null;
      for (let i = 0; i < pictures; i++) (own[i] as number) += weight * (bits[i] as number);
    }
    for (let i = 0; i < pictures; i++) {
      (sums[i] as number) += own[i] as number;
      (squares[i] as number) += (own[i] as number) ** 2;
    }
  }
  let within = 0;
  for (let i = 0; i < pictures; i++) {
    const mean = (sums[i] as number) / n;
    within += ((squares[i] as number) - n * mean * mean) / (n - 1) / pictures;
  }
  return overPictures(
    sums.map((sum) => sum / n),
    within / n,
  );
}

/**
 * As `pictureVariance`, of a contrast whose networks need not have the same seeds: [Var_i(contrast of the means) - mean_i(sum
 * of weight² Var over seeds / n)] / N. Null where a network has fewer than two runs.
 */
export function contrastPictureVariance(parts: readonly Part[]): number | null {
  const pictures = parts[0]?.runs[0]?.length ?? 0;
  if (pictures < 2 || parts.some(({ runs }) => runs.length < 2)) return null;
  if (parts.some(({ runs }) => runs.some(({ length }) => length !== pictures))) return null;
  const contrast = new Float64Array(pictures);
  let within = 0;
  for (const { weight, runs } of parts) {
    const n = runs.length;
    for (let i = 0; i < pictures; i++) {
      const mean = runs.reduce((sum, bits) => sum + (bits[i] as number), 0) / n;
      (contrast[i] as number) += weight * mean;
      // Of a bit that is right with the share m, over n seeds: m (1 - m) n / (n - 1).
      within += (weight ** 2 * mean * (1 - mean)) / (n - 1) / pictures;
    }
  }
  return overPictures(contrast, within);
}

/** The variance over pictures, less what of it is noise, of a mean over all of them; in percent points squared. */
function overPictures(values: Float64Array, noise: number): number {
  const pictures = values.length;
  const grand = values.reduce((sum, value) => sum + value / pictures, 0);
  const between = values.reduce((sum, value) => sum + (value - grand) ** 2 / (pictures - 1), 0);
  return (1e4 * Math.max(0, between - noise)) / pictures;
}
