import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import type { Batch, Dataset } from '../data/dataset.js';
import { registerFonts } from '../report/figures/fonts.js';
import { fontFamily } from '../report/figures/theme.js';

/** Pictures as a network is fed them, under a heading. */
export interface SheetSection {
  readonly heading: string;
  readonly batch: Batch;
  readonly count: number;
}

const columns = 8;
const gap = 10;
const lineHeight = 14;
const captionLines = 2;
const headingHeight = 32;

/** Draws batches as a PNG: each picture with its largest targets beneath. Normalisation is undone. */
export function pictureSheet(sections: readonly SheetSection[], dataset: Dataset, resolution: number): Buffer {
  registerFonts();
  const zoom = Math.max(1, Math.ceil(96 / resolution));
  const side = resolution * zoom;
  const cell = { width: Math.max(side, 120) + gap, height: side + captionLines * lineHeight + gap };
  const heights = sections.map(({ count }) => headingHeight + Math.ceil(count / columns) * cell.height);
  const height = heights.reduce((sum, one) => sum + one, gap);
  const canvas = createCanvas(columns * cell.width + gap, height);
  const context = canvas.getContext('2d');
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = false;
  context.textBaseline = 'top';
  let top = gap;
  for (const [at, { heading, batch, count }] of sections.entries()) {
    write(context, heading, gap, top, 15, '#111111');
    for (let number = 0; number < count; number++) {
      const left = gap + (number % columns) * cell.width;
      const row = top + headingHeight + Math.floor(number / columns) * cell.height - gap;
      context.drawImage(toCanvas(batch, number, dataset, resolution), left, row, side, side);
      for (const [line, words] of largestTargets(batch, number, dataset).entries()) {
        write(context, words, left, row + side + 2 + line * lineHeight, 11, '#444444', cell.width - 4);
      }
    }
    top += heights[at] as number;
  }
  return canvas.toBuffer('image/png');
}

function write(
  context: SKRSContext2D,
  words: string,
  left: number,
  top: number,
  size: number,
  colour: string,
  most?: number,
): void {
  context.font = `${size}px "${fontFamily}"`;
  context.fillStyle = colour;
  context.fillText(words, left, top, most);
}

function toCanvas({ images }: Batch, number: number, { mean, sd }: Dataset, resolution: number) {
  const canvas = createCanvas(resolution, resolution);
  const context = canvas.getContext('2d');
  const data = context.createImageData(resolution, resolution);
  const area = resolution * resolution;
  for (let pixel = 0; pixel < area; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const value = images[(number * area + pixel) * 3 + channel] as number;
      data.data[pixel * 4 + channel] = 255 * (value * (sd[channel] as number) + (mean[channel] as number));
    }
    data.data[pixel * 4 + 3] = 255;
  }
  context.putImageData(data, 0, 0);
  return canvas;
}

/** The targets that stand out of the smoothing, largest first. */
function largestTargets({ targets }: Batch, number: number, { classes }: Dataset): string[] {
  const own = [...targets.subarray(number * classes.length, (number + 1) * classes.length)];
  const floor = Math.min(...own);
  const standing = own.map((share, label) => ({ share, label })).filter(({ share }) => share > floor + 0.005);
  const largest = standing.sort((a, b) => b.share - a.share).slice(0, captionLines);
  return largest.map(({ share, label }) => `${classes[label]} ${share.toFixed(2)}`);
}
