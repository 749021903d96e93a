import type { NamedClasses } from './named-classes.js';

/** How far what a network says of its sureness lies from how often it is right. Shares in [0, 1]. */
export interface Calibration {
  /** Expected calibration error (Naeini 2015; Guo 2017): mean distance of confidence and accuracy over bins of confidence. */
  readonly error: number;
  /**
   * What that would be on so many pictures of a network that is right as often as it says: the measure is of distances,
   * so that chance alone makes it larger than 0.
   */
  readonly byChance: number;
  /** Mean confidence less accuracy: above 0 it says more than it knows. */
  readonly overconfidence: number;
}

const bins = 15;

/**
 * Over 15 bins of equal width. By chance: in each bin the mean of n pictures that are right with their own confidence p lies
 * from it by √(2/π) √(Σ p (1 - p)) / n on average. Null where no picture could be read.
 *
 * @param confidence probability of the class that is named
 */
export function calibrationOf(
  { label, predicted, classes }: NamedClasses,
  confidence: ArrayLike<number>,
): Calibration | null {
  const gap = new Float64Array(bins);
  const variance = new Float64Array(bins);
  let pictures = 0;
  for (let at = 0; at < label.length; at++) {
    if (predicted[at] === classes) continue;
    const p = confidence[at] as number;
    // A bin holds its upper end.
    const bin = Math.min(bins - 1, Math.max(0, Math.ceil(p * bins) - 1));
    (gap[bin] as number) += p - Number(predicted[at] === label[at]);
    (variance[bin] as number) += p * (1 - p);
    pictures++;
  }
  if (pictures === 0) return null;
  const share = (values: Float64Array, of: (value: number) => number) =>
    values.reduce((sum, value) => sum + of(value), 0) / pictures;
  return {
    error: share(gap, Math.abs),
    byChance: share(variance, (value) => Math.sqrt((2 / Math.PI) * value)),
    overconfidence: share(gap, (value) => value),
  };
}
