import type { Picture } from '../../dataset.js';
import type { Filter } from './resize.js';

export type Colour = readonly [number, number, number];
/** Where a pixel of the result comes from: x = a x' + b y' + c, y = d x' + e y' + f, pixel centres at halves. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/**
 * Pillow's `Image.transform(AFFINE)` to the bit: no anti-aliasing, its sharper cubic (a = -1), values cut off rather
 * than rounded, and the fill where a pixel's centre comes from outside.
 */
export function transformAffine(picture: Picture, affine: Affine, filter: Filter, fill: Colour): Picture {
  const { height, width } = picture;
  const [a, b, c, d, e, f] = affine;
  const result = new Uint8Array(height * width * 3);
  const sample = filter === 'bicubic' ? sampleBicubic : sampleBilinear;
  const [red, green, blue] = fill;
  for (let row = 0, to = 0; row < height; row++) {
    for (let column = 0; column < width; column++, to += 3) {
      const x = a * (column + 0.5) + b * (row + 0.5) + c;
      const y = d * (column + 0.5) + e * (row + 0.5) + f;
      if (x < 0 || x >= width || y < 0 || y >= height) {
        result[to] = red;
        result[to + 1] = green;
        result[to + 2] = blue;
      } else sample(picture, x - 0.5, y - 0.5, result, to);
    }
  }
  return { height, width, pixels: result };
}

/** Pillow's `rotate` about the middle, in degrees counter-clockwise. */
export function rotate(picture: Picture, degrees: number, filter: Filter, fill: Colour): Picture {
  if (degrees % 360 === 0) return picture;
  const angle = (-(((degrees % 360) + 360) % 360) * Math.PI) / 180;
  const cosine = Math.cos(angle);
  const sine = Math.sin(angle);
  const x = picture.width / 2;
  const y = picture.height / 2;
  const affine = [cosine, sine, x - cosine * x - sine * y, -sine, cosine, y + sine * x - cosine * y] as const;
  return transformAffine(picture, affine, filter, fill);
}

const clamp = (value: number, most: number): number => (value < 0 ? 0 : value > most ? most : value);

function sampleBilinear({ height, width, pixels }: Picture, x: number, y: number, into: Uint8Array, to: number): void {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const dx = x - left;
  const dy = y - top;
  const x0 = clamp(left, width - 1) * 3;
  const x1 = clamp(left + 1, width - 1) * 3;
  const upper = clamp(top, height - 1) * width * 3;
  const lower = top + 1 < height ? (top + 1) * width * 3 : upper;
  for (let channel = 0; channel < 3; channel++) {
    const above = mix(pixels[upper + x0 + channel] as number, pixels[upper + x1 + channel] as number, dx);
    const below = mix(pixels[lower + x0 + channel] as number, pixels[lower + x1 + channel] as number, dx);
    into[to + channel] = mix(above, below, dy);
  }
}

const mix = (from: number, to: number, share: number): number => from + (to - from) * share;

function sampleBicubic({ height, width, pixels }: Picture, x: number, y: number, into: Uint8Array, to: number): void {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const line = width * 3;
  // Outside, a column or line repeats the one before it.
  const x0 = clamp(left - 1, width - 1) * 3;
  const x1 = clamp(left, width - 1) * 3;
  const x2 = clamp(left + 1, width - 1) * 3;
  const x3 = clamp(left + 2, width - 1) * 3;
  const y0 = clamp(top - 1, height - 1) * line;
  const y1 = clamp(top, height - 1) * line;
  const y2 = clamp(top + 1, height - 1) * line;
  const y3 = clamp(top + 2, height - 1) * line;
  const dx = x - left;
  const dy = y - top;
  // The cubic through four values, d of the way from the second to the third, as weights.
  const a0 = -dx * (1 - dx) * (1 - dx);
  const a1 = 1 + dx * dx * (dx - 2);
  const a2 = dx * (1 + dx * (1 - dx));
  const a3 = dx * dx * (dx - 1);
  const b0 = -dy * (1 - dy) * (1 - dy);
  const b1 = 1 + dy * dy * (dy - 2);
  const b2 = dy * (1 + dy * (1 - dy));
  const b3 = dy * dy * (dy - 1);
  for (let channel = 0; channel < 3; channel++) {
    const c0 = x0 + channel;
    const c1 = x1 + channel;
    const c2 = x2 + channel;
    const c3 = x3 + channel;
    const value =
      b0 * (a0 * pixels[y0 + c0]! + a1 * pixels[y0 + c1]! + a2 * pixels[y0 + c2]! + a3 * pixels[y0 + c3]!) +
      b1 * (a0 * pixels[y1 + c0]! + a1 * pixels[y1 + c1]! + a2 * pixels[y1 + c2]! + a3 * pixels[y1 + c3]!) +
      b2 * (a0 * pixels[y2 + c0]! + a1 * pixels[y2 + c1]! + a2 * pixels[y2 + c2]! + a3 * pixels[y2 + c3]!) +
      b3 * (a0 * pixels[y3 + c0]! + a1 * pixels[y3 + c1]! + a2 * pixels[y3 + c2]! + a3 * pixels[y3 + c3]!);
    // Cut off, not rounded; the sliver keeps whole numbers whole, whatever order they were summed in.
    into[to + channel] = value <= 0 ? 0 : value >= 255 ? 255 : value + 1e-9;
  }
}
