import { createRequire } from 'node:module';
import { createCanvas, GlobalFonts, type SKRSContext2D } from '@napi-rs/canvas';
import { fontFamily } from './theme.js';

const require = createRequire(import.meta.url);
let measuring: SKRSContext2D | null = null;

/** Where a file of the fonts' package lies. */
export const fontFile = (name: string): string => require.resolve(`dejavu-fonts-ttf/ttf/${name}`);

/** Without a registered font nothing is drawn where text should be, and nothing is said. */
export function registerFonts(): void {
  if (measuring) return;
  for (const file of ['DejaVuSansCondensed.ttf', 'DejaVuSansCondensed-Bold.ttf']) {
    const path = fontFile(file);
    if (!GlobalFonts.registerFromPath(path, fontFamily))
      throw new Error(`the font ${path} cannot be read; npm install puts it back`);
  }
  measuring = createCanvas(1, 1).getContext('2d');
}

/** Width of a line of text in units of the picture, before there is a picture. */
export function textWidth(words: string, size: number): number {
  registerFonts();
  const ctx = measuring as SKRSContext2D;
  ctx.font = `${size}px "${fontFamily}"`;
  return ctx.measureText(words).width;
}
