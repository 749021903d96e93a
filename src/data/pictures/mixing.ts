import type { Augmentation } from '../../config/recipe.js';
import type { Generator } from '../../random/generator.js';
import { beta } from './augment/draw.js';

/** How one batch is mixed with itself in reverse order. */
export interface Mix {
  /** Weight of a picture's own label; its partner's is the rest. */
  readonly lambda: number;
  /** What CutMix takes from the partner; null is mixup, which blends every pixel. */
  readonly box: Box | null;
}

/** Rows top to bottom (exclusive), columns left to right (exclusive). */
export interface Box {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/**
 * Draws a batch's mix as timm's `Mixup` in batch mode: one lambda for all its pictures, from CutMix's beta distribution
 * or mixup's, and with CutMix one box, after whose true area lambda is corrected. Null leaves the batch as it is.
 */
export function drawMix(
  {
    mixup,
    cutmix,
    mix_probability,
    mix_switch_probability,
  }: Pick<Augmentation, 'mixup' | 'cutmix' | 'mix_probability' | 'mix_switch_probability'>,
  resolution: number,
  generator: Generator,
): Mix | null {
  if (mixup === 0 && cutmix === 0) return null;
  if (generator.uniform() >= mix_probability) return null;
  const cuts = cutmix > 0 && (mixup === 0 || generator.uniform() < mix_switch_probability);
  const lambda = beta(generator, cuts ? cutmix : mixup);
  if (lambda === 1) return null;
  if (!cuts) return { lambda, box: null };
  const box = boxAround(generator.below(resolution), generator.below(resolution), lambda, resolution);
  return { lambda: keptShare(box, resolution), box };
}

/** CutMix's box: sides that are the root of 1 - lambda of the picture's, around a centre, cut at the picture's edge. */
export function boxAround(centreRow: number, centreColumn: number, lambda: number, resolution: number): Box {
  const side = Math.floor(resolution * Math.sqrt(1 - lambda));
  const inside = (value: number) => Math.min(Math.max(value, 0), resolution);
  const before = Math.floor(side / 2);
  const after = Math.floor((side + 1) / 2);
  return {
    top: inside(centreRow - before),
    bottom: inside(centreRow + after),
    left: inside(centreColumn - before),
    right: inside(centreColumn + after),
  };
}

/** What a box leaves of a picture: lambda, corrected. */
export function keptShare({ top, bottom, left, right }: Box, resolution: number): number {
  return 1 - ((bottom - top) * (right - left)) / (resolution * resolution);
}

/** Mixes a batch's pictures `[size, resolution, resolution, 3]` and targets `[size, classes]` in place. */
export function mixBatch(
  { lambda, box }: Mix,
  images: Float32Array,
  targets: Float32Array,
  size: number,
  resolution: number,
): void {
  if (box) swapBox(box, images, size, resolution);
  else blendReversed(images, size, lambda);
  blendReversed(targets, size, lambda);
}

/** Each row becomes lambda of itself and the rest of its partner from the other end; the middle one stays. */
function blendReversed(values: Float32Array, size: number, lambda: number): void {
  const length = values.length / size;
  const rest = 1 - lambda;
  for (let first = 0; first < size >> 1; first++) {
    let a = first * length;
    let b = (size - 1 - first) * length;
    for (const end = a + length; a < end; a++, b++) {
      const own = values[a] as number;
      const other = values[b] as number;
      values[a] = own * lambda + other * rest;
      values[b] = other * lambda + own * rest;
    }
  }
}

function swapBox({ top, bottom, left, right }: Box, images: Float32Array, size: number, resolution: number): void {
  const area = resolution * resolution * 3;
  const kept = new Float32Array((right - left) * 3);
  for (let first = 0; first < size >> 1; first++) {
    for (let row = top; row < bottom; row++) {
      const start = (row * resolution + left) * 3;
      const a = first * area + start;
      const b = (size - 1 - first) * area + start;
      kept.set(images.subarray(a, a + kept.length));
      images.copyWithin(a, b, b + kept.length);
      images.set(kept, b);
    }
  }
}
