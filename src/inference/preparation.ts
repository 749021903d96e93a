import type { Evaluation } from '../config/recipe.js';

/** How pictures become a network's input: the shorter side is resized, the middle square cut. */
export type Fit = Pick<Evaluation, 'crop_ratio' | 'interpolation'>;

/** From this resolution on, the paper, timm and Swin's authors show networks the whole picture. */
const wholeFrom = 384;

/**
 * The fit that weights are evaluated with.
 *
 * @param resize pixels of the shorter side; left out, it is as in the paper's code: 256 for 224 and in proportion, or the
 * resolution itself from 384 on, and for datasets whose pictures all have one small size.
 */
export function evaluationFit(
  resolution: number,
  small: boolean,
  interpolation: Evaluation['interpolation'] = 'bicubic',
  resize?: number,
): Fit {
  if (resize === undefined) return { crop_ratio: small || resolution >= wholeFrom ? 1 : 224 / 256, interpolation };
  // Half a pixel more, so that the resolution divided by the ratio never falls below the whole number asked for.
  return { crop_ratio: resize === resolution ? 1 : resolution / (resize + 0.5), interpolation };
}

/** Pixels of the shorter side before the crop. */
export const resizedSide = (resolution: number, { crop_ratio }: Fit): number => Math.floor(resolution / crop_ratio);
