import type { Picture } from '../../dataset.js';
import { resizeInWasm, type Weights } from './resize-wasm.js';

export type Filter = 'bilinear' | 'bicubic';

/** A rectangle of pixels. */
export interface Region {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

export interface Resize {
  /** What is resized, as if it had been cut out first. */
  readonly region: Region;
  readonly height: number;
  readonly width: number;
  readonly filter: Filter;
  /** The part of the result that is wanted; only this is computed. */
  readonly window?: Region;
}

/** Half the width, in source pixels at scale 1, and the value at a distance. Bicubic is Keys's with a = -0.5. */
const filters: Readonly<Record<Filter, { support: number; at(distance: number): number }>> = {
  bilinear: { support: 1, at: (distance) => Math.max(0, 1 - Math.abs(distance)) },
  bicubic: {
    support: 2,
    at(distance) {
      const x = Math.abs(distance);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
      return 0;
    },
  },
};

/** Bits behind the point of the weights: 32 less 8 of a pixel and 2 for the overshoot of bicubic. */
const precision = 22;
const half = 1 << (precision - 1);

/**
 * Resizes as PIL's `crop` and `resize` do, to the bit: anti-aliased (the filter widens when shrinking), columns first
 * and then rows, weights in fixed point, the result of each pass rounded to 8 bits.
 */
export function resize(picture: Picture, options: Resize): Picture {
  const { region, height, width, filter } = options;
  const window = options.window ?? { top: 0, left: 0, height, width };
  const rows = weigh(region.height, height, window.top, window.height, filter);
  const columns = weigh(region.width, width, window.left, window.width, filter);
  const firstRow = rows.starts[0] as number;
  const lastRow = rows.starts.reduce((last, start, at) => Math.max(last, start + (rows.counts[at] as number)), 0);
  const lines = Array.from({ length: lastRow - firstRow }, (_, row) => {
    const start = ((region.top + firstRow + row) * picture.width + region.left) * 3;
    return picture.pixels.subarray(start, start + region.width * 3);
  });
  const pixels = resizeInWasm(lines, columns, rows, firstRow) ?? resizeLines(lines, columns, rows, firstRow);
  return { height: window.height, width: window.width, pixels };
}

/** The same without WebAssembly. */
export function resizeLines(
  lines: readonly Uint8Array[],
  columns: Weights,
  rows: Weights,
  firstRow: number,
): Uint8Array<ArrayBuffer> {
  const line = columns.starts.length * 3;
  const narrowed = new Uint8ClampedArray(lines.length * line);
  for (const [row, pixels] of lines.entries()) resizeLine(pixels, columns, narrowed, row * line);
  return resizeRows(new Uint8Array(narrowed.buffer), line, rows, firstRow);
}

export function weigh(source: number, target: number, first: number, count: number, filter: Filter): Weights {
  const { support, at } = filters[filter];
  const scale = source / target;
  const stretch = Math.max(scale, 1);
  const reach = support * stretch;
  const most = Math.ceil(reach) * 2 + 1;
  const starts = new Int32Array(count);
  const counts = new Int32Array(count);
  const values = new Int32Array(count * most);
  const exact = new Float64Array(most);
  for (let to = 0; to < count; to++) {
    const centre = (first + to + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(source, Math.trunc(centre + reach + 0.5));
    let sum = 0;
    for (let from = start; from < end; from++) {
      const weight = at((from - centre + 0.5) / stretch);
      exact[from - start] = weight;
      sum += weight;
    }
    for (let tap = 0; tap < end - start; tap++) {
      const weight = ((exact[tap] as number) / sum) * (1 << precision);
      values[to * most + tap] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
    starts[to] = start;
    counts[to] = end - start;
  }
  return { starts, counts, values, most };
}

function resizeLine(
  pixels: Uint8Array,
  { starts, counts, values, most }: Weights,
  into: Uint8ClampedArray,
  offset: number,
): void {
  for (let column = 0, to = offset; column < starts.length; column++, to += 3) {
    let red = half;
    let green = half;
    let blue = half;
    let at = (starts[column] as number) * 3;
    let tap = column * most;
    for (const end = tap + (counts[column] as number); tap < end; tap++, at += 3) {
      const weight = values[tap] as number;
      red = (red + Math.imul(weight, pixels[at] as number)) | 0;
      green = (green + Math.imul(weight, pixels[at + 1] as number)) | 0;
      blue = (blue + Math.imul(weight, pixels[at + 2] as number)) | 0;
    }
    into[to] = red >> precision;
    into[to + 1] = green >> precision;
    into[to + 2] = blue >> precision;
  }
}

function resizeRows(
  pixels: Uint8Array,
  length: number,
  { starts, counts, values, most }: Weights,
  firstRow: number,
): Uint8Array<ArrayBuffer> {
  const into = new Uint8ClampedArray(starts.length * length);
  for (let row = 0, to = 0; row < starts.length; row++) {
    const line = ((starts[row] as number) - firstRow) * length;
    const tap = row * most;
    const end = tap + (counts[row] as number);
    for (let column = 0; column < length; column++, to++) {
      let sum = half;
      for (let from = tap, at = line + column; from < end; from++, at += length) {
        sum = (sum + Math.imul(values[from] as number, pixels[at] as number)) | 0;
      }
      into[to] = sum >> precision;
    }
  }
  return new Uint8Array(into.buffer);
}
