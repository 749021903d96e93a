import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import sharp from 'sharp';
import type { Picture } from '../../../../src/data/dataset.js';

const folder = new URL('../../../fixtures/augment/', import.meta.url);
const results = gunzipSync(readFileSync(new URL('pictures.bin.gz', folder)));

export interface Case {
  readonly kind: string;
  readonly name: string;
  readonly photo: 'china' | 'flower';
  readonly filter: 'bilinear' | 'bicubic';
  readonly height: number;
  readonly width: number;
  readonly at: number;
  readonly box: [left: number, top: number, right: number, bottom: number];
  readonly size: [width: number, height: number];
  readonly resolution: number;
  readonly ratio: number;
  readonly magnitude: number;
  readonly negative: boolean;
  readonly factor: number;
  /** Where the picture it was made from lies, if it is none of the patches. */
  readonly dark?: number;
}

export const cases: readonly Case[] = JSON.parse(readFileSync(new URL('pictures.json', folder), 'utf8')).cases;
export const sampled = JSON.parse(readFileSync(new URL('sampled.json', folder), 'utf8'));

export async function photograph(name: 'china' | 'flower'): Promise<Picture> {
  const { data, info } = await sharp(new URL(`${name}.png`, folder).pathname)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { height: info.height, width: info.width, pixels: new Uint8Array(data) };
}

/** What Pillow made of a photograph. */
export const expected = ({ height, width, at }: Case): Picture => stored(height, width, at);

export const stored = (height: number, width: number, at: number): Picture => ({
  height,
  width,
  pixels: results.subarray(at, at + height * width * 3),
});

/** Share of bytes that differ by more than `most` grey levels. */
export function shareApart(found: Picture, wanted: Picture, most: number): number {
  if (found.height !== wanted.height || found.width !== wanted.width)
    throw new Error(`${found.height}x${found.width} against ${wanted.height}x${wanted.width}`);
  let apart = 0;
  for (let at = 0; at < wanted.pixels.length; at++) {
    if (Math.abs((found.pixels[at] as number) - (wanted.pixels[at] as number)) > most) apart++;
  }
  return apart / wanted.pixels.length;
}
