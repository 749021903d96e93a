import { createCanvas, loadImage } from '@napi-rs/canvas';
import sharp from 'sharp';
import { registerFonts } from './fonts.js';
import { type Drawing, drawSvg } from './render.js';
import type { Theme } from './theme.js';

/** A picture with more pixels than this is one to scroll in: one pixel a unit, for a quarter of its time and memory. */
const mostPixels = 4e6;

/**
 * An SVG of ours as PNG, at `scale` pixels a unit (2; 1 for the large ones of hundreds of networks), with a palette: a third
 * of the size, which counts where reports are committed. Charts have few colours, so little effort finds them.
 */
export async function toPng(svg: string, scale?: number): Promise<Buffer> {
  registerFonts();
  const picture = await loadImage(Buffer.from(svg));
  const { width, height } = picture;
  const pixelsPerUnit = scale ?? (4 * width * height > mostPixels ? 1 : 2);
  const canvas = createCanvas(pixelsPerUnit * width, pixelsPerUnit * height);
  const ctx = canvas.getContext('2d');
  ctx.scale(pixelsPerUnit, pixelsPerUnit);
  ctx.drawImage(picture, 0, 0);
  const raw = { width: canvas.width, height: canvas.height, channels: 4 } as const;
  const pixels = canvas.data();
  // The pixels lie outside of the memory that JavaScript's collector minds.
  canvas.width = 1;
  canvas.height = 1;
  return await sharp(pixels, { raw })
    .removeAlpha()
    // Raw pixels have no resolution, and a word processor would show them three times as large.
    .withDensity(72)
    .png({ palette: true, quality: 100, dither: 0, effort: 1 })
    .toBuffer();
}

/** A drawing as PNG: what its SVG shows. */
export const drawPng = (drawing: Drawing, theme: Theme, scale?: number): Promise<Buffer> =>
  toPng(drawSvg(drawing, theme), scale);
