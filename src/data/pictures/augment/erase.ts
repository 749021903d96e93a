import type { Generator } from '../../../random/generator.js';
import { between, integer } from './draw.js';
import type { Region } from './resize.js';

const areas = [0.02, 1 / 3] as const;
const logAspects = [Math.log(0.3), Math.log(1 / 0.3)] as const;

/** timm's `RandomErasing` with its defaults and one box: where, or null for the picture that is spared. */
export function drawErasure(resolution: number, probability: number, generator: Generator): Region | null {
  if (probability === 0 || generator.uniform() > probability) return null;
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = between(generator, ...areas) * resolution * resolution;
    const aspect = Math.exp(between(generator, ...logAspects));
    const height = Math.round(Math.sqrt(area * aspect));
    const width = Math.round(Math.sqrt(area / aspect));
    if (height >= resolution || width >= resolution) continue;
    const top = integer(generator, 0, resolution - height);
    return { top, left: integer(generator, 0, resolution - width), height, width };
  }
  return null;
}

/** Fills a box of a normalised picture `[resolution, resolution, 3]` with standard normal noise, a value a channel. */
export function eraseRegion(
  images: Float32Array,
  offset: number,
  resolution: number,
  { top, left, height, width }: Region,
  generator: Generator,
): void {
  for (let row = top; row < top + height; row++) {
    const start = offset + (row * resolution + left) * 3;
    for (let at = start; at < start + width * 3; at++) images[at] = generator.normal();
  }
}
