import type { Picture } from '../dataset.js';
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
  const dx = x - left;
  const dy = y - top;
  const line = width * 3;
  const x0 = clamp(left - 1, width - 1) * 3;
  const x1 = clamp(left, width - 1) * 3;
  const x2 = clamp(left + 1, width - 1) * 3;
  const x3 = clamp(left + 2, width - 1) * 3;
  // Outside, a line repeats the one before it.
  const y0 = clamp(top - 1, height - 1) * line;
  const y1 = top >= 0 && top < height ? top * line : y0;
  const y2 = top + 1 < height ? (top + 1) * line : y1;
  const y3 = top + 2 < height ? (top + 2) * line : y2;
  for (let channel = 0; channel < 3; channel++) {
    const a = x0 + channel;
    const b = x1 + channel;
    const c = x2 + channel;
    const d = x3 + channel;
    const value = curve(
      curve(pixels[y0 + a] as number, pixels[y0 + b] as number, pixels[y0 + c] as number, pixels[y0 + d] as number, dx),
      curve(pixels[y1 + a] as number, pixels[y1 + b] as number, pixels[y1 + c] as number, pixels[y1 + d] as number, dx),
      curve(pixels[y2 + a] as number, pixels[y2 + b] as number, pixels[y2 + c] as number, pixels[y2 + d] as number, dx),
      curve(pixels[y3 + a] as number, pixels[y3 + b] as number, pixels[y3 + c] as number, pixels[y3 + d] as number, dx),
      dy,
    );
    into[to + channel] = value <= 0 ? 0 : value >= 255 ? 255 : value;
  }
}

/** The cubic through four values, `share` of the way from the second to the third. */
function curve(a: number, b: number, c: number, d: number, share: number): number {
  return b + share * (c - a + share * (2 * (a - b) + c - d + share * (b - a - c + d)));
}
