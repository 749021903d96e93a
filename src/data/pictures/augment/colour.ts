import type { Picture } from '../../dataset.js';

/** One byte to another, for each channel in turn or for all three alike. */
type Table = Uint8Array;

function mapBytes(picture: Picture, tables: readonly [Table, Table, Table]): Picture {
  const [red, green, blue] = tables;
  const { height, width, pixels } = picture;
  const result = new Uint8Array(pixels.length);
  for (let at = 0; at < pixels.length; at += 3) {
    result[at] = red[pixels[at] as number] as number;
    result[at + 1] = green[pixels[at + 1] as number] as number;
    result[at + 2] = blue[pixels[at + 2] as number] as number;
  }
  return { height, width, pixels: result };
}

function mapAlike(picture: Picture, value: (byte: number) => number): Picture {
  const table = tableOf(value);
  return mapBytes(picture, [table, table, table]);
}

/** Values are cut off to bytes. */
const tableOf = (value: (byte: number) => number): Table => new Uint8Array(256).map((_, byte) => cut(value(byte)));

const cut = (value: number): number => (value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value));

export const invert = (picture: Picture): Picture => mapAlike(picture, (byte) => 255 - byte);

/** Inverts bytes from the threshold on. */
export const solarize = (picture: Picture, threshold: number): Picture =>
  mapAlike(picture, (byte) => (byte < threshold ? byte : 255 - byte));

/** Adds to bytes below 128. */
export const solarizeAdd = (picture: Picture, add: number): Picture =>
  mapAlike(picture, (byte) => (byte < 128 ? Math.min(255, byte + add) : byte));

/** Keeps the upper bits of every byte. */
export function posterize(picture: Picture, bits: number): Picture {
  if (bits >= 8) return picture;
  const mask = 256 - 2 ** (8 - bits);
  return mapAlike(picture, (byte) => byte & mask);
}

function histograms({ pixels }: Picture): [Uint32Array, Uint32Array, Uint32Array] {
  const counts: [Uint32Array, Uint32Array, Uint32Array] = [
    new Uint32Array(256),
    new Uint32Array(256),
    new Uint32Array(256),
  ];
  const [red, green, blue] = counts;
  for (let at = 0; at < pixels.length; at += 3) {
    (red[pixels[at] as number] as number)++;
    (green[pixels[at + 1] as number] as number)++;
    (blue[pixels[at + 2] as number] as number)++;
  }
  return counts;
}

/** Pillow's `ImageOps.autocontrast`: each channel stretched over all 256 levels. */
export function autoContrast(picture: Picture): Picture {
  const tables = histograms(picture).map((counts) => {
    const low = counts.findIndex((count) => count > 0);
    const high = counts.findLastIndex((count) => count > 0);
    if (high <= low) return tableOf((byte) => byte);
    const scale = 255 / (high - low);
    return tableOf((byte) => byte * scale - low * scale);
  });
  return mapBytes(picture, tables as [Table, Table, Table]);
}

/** Pillow's `ImageOps.equalize`: each channel's histogram made level. */
export function equalize(picture: Picture): Picture {
  const tables = histograms(picture).map((counts) => {
    const present = counts.filter((count) => count > 0);
    const total = present.reduce((sum, count) => sum + count, 0);
    const step = Math.floor((total - (present.at(-1) as number)) / 255);
    if (present.length <= 1 || step === 0) return tableOf((byte) => byte);
    let below = Math.floor(step / 2);
    return tableOf((byte) => {
      const level = Math.floor(below / step);
      below += counts[byte] as number;
      return level;
    });
  });
  return mapBytes(picture, tables as [Table, Table, Table]);
}

/** Pillow's `Image.blend` in float32: from a degenerate picture (0) through the picture itself (1) and beyond. */
const blend = (degenerate: number, byte: number, factor: number): number =>
  cut(Math.fround(degenerate + Math.fround(factor * (byte - degenerate))));

/** Towards black (0) or beyond the picture (over 1). */
export function brightness(picture: Picture, factor: number): Picture {
  const share = Math.fround(factor);
  return mapAlike(picture, (byte) => blend(0, byte, share));
}

/** Towards the picture's mean grey (0) or beyond the picture (over 1). */
export function contrast(picture: Picture, factor: number): Picture {
  const { pixels } = picture;
  let sum = 0;
  for (let at = 0; at < pixels.length; at += 3) sum += grey(pixels, at);
  const mean = Math.trunc(sum / (pixels.length / 3) + 0.5);
  const share = Math.fround(factor);
  return mapAlike(picture, (byte) => blend(mean, byte, share));
}

/** Towards the grey picture (0) or beyond the picture (over 1). */
export function colour(picture: Picture, factor: number): Picture {
  const { height, width, pixels } = picture;
  const share = Math.fround(factor);
  const result = new Uint8Array(pixels.length);
  for (let at = 0; at < pixels.length; at += 3) {
    const level = grey(pixels, at);
    for (let channel = at; channel < at + 3; channel++) {
      result[channel] = blend(level, pixels[channel] as number, share);
    }
  }
  return { height, width, pixels: result };
}

/** Rec. 601 luma in Pillow's 16-bit fixed point. */
const grey = (pixels: Uint8Array, at: number): number =>
  ((pixels[at] as number) * 19595 + (pixels[at + 1] as number) * 38470 + (pixels[at + 2] as number) * 7471 + 0x8000) >>
  16;

/** Towards a picture smoothed by a 3x3 kernel (0) or beyond the picture (over 1); the outermost pixels stay. */
export function sharpness(picture: Picture, factor: number): Picture {
  const { height, width, pixels } = picture;
  const share = Math.fround(factor);
  const line = width * 3;
  const result = pixels.slice();
  for (let row = 1; row < height - 1; row++) {
    for (let channel = 0; channel < 3; channel++) {
      let at = row * line + channel;
      let before = columnOf(pixels, at, line);
      let here = columnOf(pixels, at + 3, line);
      for (const end = at + line - 6; at < end; ) {
        at += 3;
        const after = columnOf(pixels, at + 3, line);
        const byte = pixels[at] as number;
        const smooth = Math.floor((before + here + after + 4 * byte) / 13 + 0.5);
        const value = Math.fround(smooth + Math.fround(share * (byte - smooth)));
        result[at] = value <= 0 ? 0 : value >= 255 ? 255 : value;
        before = here;
        here = after;
      }
    }
  }
  return { height, width, pixels: result };
}

/** A byte and the ones above and below it, summed. */
const columnOf = (pixels: Uint8Array, at: number, line: number): number =>
  (pixels[at - line] as number) + (pixels[at] as number) + (pixels[at + line] as number);
