import { type Generator, permutation } from '../../../random/generator.js';
import type { Picture } from '../../dataset.js';
import { brightness, colour, contrast } from './colour.js';
import { between } from './draw.js';

/**
 * torchvision's `ColorJitter(strength, strength, strength)`: brightness, contrast and saturation in random order, each by
 * a factor from 1 - strength (not below 0) to 1 + strength.
 */
export function jitter(picture: Picture, strength: number, generator: Generator): Picture {
  const kinds = [brightness, contrast, colour];
  let result = picture;
  for (const kind of permutation(kinds.length, generator)) {
    const factor = between(generator, Math.max(0, 1 - strength), 1 + strength);
    result = (kinds[kind] as (typeof kinds)[number])(result, factor);
  }
  return result;
}
