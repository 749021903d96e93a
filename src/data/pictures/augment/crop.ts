import type { Generator } from '../../../random/generator.js';
import type { Region, Resize } from './resize.js';
import { between, integer } from './draw.js';

interface Size {
  readonly height: number;
  readonly width: number;
}

/**
 * torchvision's random resized crop, which timm shares: a uniform share of the area with a log-uniform aspect, ten
 * attempts to find one that fits, then the largest central one within the aspects.
 */
export function drawCrop(
  { height, width }: Size,
  scale: readonly [number, number],
  ratio: readonly [number, number],
  generator: Generator,
): Region {
  const [narrowest, widest] = ratio;
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = between(generator, scale[0], scale[1]) * height * width;
    const aspect = Math.exp(between(generator, Math.log(narrowest), Math.log(widest)));
    const across = Math.round(Math.sqrt(area * aspect));
    const down = Math.round(Math.sqrt(area / aspect));
    if (across > 0 && across <= width && down > 0 && down <= height) {
      const top = integer(generator, 0, height - down);
      const left = integer(generator, 0, width - across);
      return { top, left, height: down, width: across };
    }
  }
  const aspect = width / height;
  const down = aspect < narrowest ? Math.round(width / narrowest) : height;
  const across = aspect > widest ? Math.round(height * widest) : width;
  return { top: (height - down) >> 1, left: (width - across) >> 1, height: down, width: across };
}

/**
 * timm's preparation for evaluation: the shorter side becomes resolution / ratio, rounded down, of which the middle
 * square is cut. What the square leaves out is never computed.
 */
export function centreCrop({ height, width }: Size, resolution: number, ratio: number): Omit<Resize, 'filter'> {
  const shorter = Math.floor(resolution / ratio);
  const longer = (side: number, other: number) => Math.floor((shorter * side) / other);
  const whole =
    height <= width
      ? { height: shorter, width: longer(width, height) }
      : { height: longer(height, width), width: shorter };
  return {
    region: { top: 0, left: 0, height, width },
    ...whole,
    window: {
      top: halfToEven(whole.height - resolution),
      left: halfToEven(whole.width - resolution),
      height: resolution,
      width: resolution,
    },
  };
}

/** Half of a whole number as Python rounds it. */
function halfToEven(value: number): number {
  const down = value >> 1;
  return value % 2 === 0 ? down : down + (down & 1);
}
