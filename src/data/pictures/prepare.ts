import type { Augmentation, Evaluation } from '../../config/recipe.js';
import type { Generator } from '../../random/generator.js';
import type { Colour } from './augment/affine.js';
import { centreCrop, drawCrop } from './augment/crop.js';
import { jitter } from './augment/jitter.js';
import { applyOperations, drawOperations, parseRandAugment } from './augment/rand-augment.js';
import { type Region, resize } from './augment/resize.js';
import type { Picture } from '../dataset.js';
import { centred, placePicture } from './place.js';

/** What makes a picture ready; plain data, so that a thread can be given it. */
export interface Preparation {
  readonly resolution: number;
  /** Null prepares for evaluation: nothing is left to chance. */
  readonly augmentation: Augmentation | null;
  readonly evaluation: Pick<Evaluation, 'crop_ratio' | 'interpolation'>;
  /** The dataset's mean colour. */
  readonly fill: Colour;
  /** Whether all pictures have one small size, which may be padded instead of resized. */
  readonly small: boolean;
}

export interface Prepare {
  /** The part of a picture that is used, drawn first; null is all of it. */
  regionOf(size: { readonly height: number; readonly width: number }, generator: Generator): Region | null;
  /** Writes a picture, cut to its region, into `[resolution, resolution, 3]` of bytes at `offset`. */
  finish(picture: Picture, generator: Generator, into: Uint8Array, offset: number): void;
}

/** Pixels of black border, on both sides together, up to which a small picture is padded: 28x28 at a resolution of 32. */
const mostBorder = 8;

/**
 * The way of a picture, in timm's order: random resized crop, or the fit of evaluation with a padded random crop; flip;
 * RandAugment; colour jitter. What follows (normalisation, erasing, mixing) is done to whole batches.
 */
export function createPreparation(preparation: Preparation): Prepare {
  const { resolution, augmentation, evaluation, fill } = preparation;
  const cropping = augmentation?.random_resized_crop ?? null;
  const policy = augmentation?.rand_augment ? parseRandAugment(augmentation.rand_augment) : null;
  const strength = augmentation?.color_jitter ?? 0;
  const padding = cropping ? 0 : (augmentation?.random_crop?.padding ?? 0);
  const canvas = { filter: cropping?.interpolation ?? evaluation.interpolation, fill };

  const square = (picture: Picture): Picture => {
    if (cropping) {
      const region = { top: 0, left: 0, height: picture.height, width: picture.width };
      return resize(picture, { region, height: resolution, width: resolution, filter: cropping.interpolation });
    }
    if (isPadded(picture, preparation)) return picture;
    const crop = centreCrop(picture, resolution, evaluation.crop_ratio);
    return resize(picture, { ...crop, filter: evaluation.interpolation });
  };

  const finish: Prepare['finish'] = (picture, generator, into, offset) => {
    const fitted = square(picture);
    const middle = centred(fitted, resolution);
    const move = () => (padding > 0 ? generator.below(2 * padding + 1) - padding : 0);
    const top = middle.top + move();
    const left = middle.left + move();
    const flip = augmentation?.flip === true && generator.uniform() < 0.5;
    placePicture(fitted, { top, left, flip }, resolution, into, offset);
    if (!policy && strength === 0) return;
    const length = resolution * resolution * 3;
    let result: Picture = { height: resolution, width: resolution, pixels: into.slice(offset, offset + length) };
    if (policy) result = applyOperations(result, drawOperations(policy, generator), canvas);
    if (strength > 0) result = jitter(result, strength, generator);
    into.set(result.pixels, offset);
  };

  return {
    regionOf: (size, generator) => cropping && drawCrop(size, cropping.scale, cropping.ratio, generator),
    finish,
  };
}

function isPadded({ height, width }: Picture, { small, resolution, evaluation }: Preparation): boolean {
  const fits = (side: number) => side <= resolution && resolution - side <= mostBorder;
  return small && evaluation.crop_ratio === 1 && fits(height) && fits(width);
}

/** Whether preparing is work enough for threads of its own. */
export function isHeavy({ augmentation, small }: Preparation): boolean {
  const { random_resized_crop, rand_augment, color_jitter } = augmentation ?? {};
  return !small || Boolean(random_resized_crop ?? rand_augment ?? color_jitter);
}
