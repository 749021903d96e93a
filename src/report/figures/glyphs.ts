import { readFileSync } from 'node:fs';
import { fontFile } from './fonts.js';

let known: readonly (readonly [first: number, last: number])[] | null = null;

/** The letters of a text that the pictures' font has no glyph for, each once. */
export function lettersWithoutGlyph(text: string): string[] {
  known ??= rangesOf(readFileSync(fontFile('DejaVuSansCondensed.ttf')));
  const ranges = known;
  const has = (code: number) => ranges.some(([first, last]) => first <= code && code <= last);
  return [...new Set(text)].filter((letter) => !/\s/.test(letter) && !has(letter.codePointAt(0) as number));
}

/** Ranges of code points in a font's cmap of format 12 (OpenType, "cmap": segmented coverage). */
function rangesOf(font: Buffer): [number, number][] {
  const tables = Array.from({ length: font.readUInt16BE(4) }, (_, at) => 12 + 16 * at);
  const record = tables.find((at) => font.toString('latin1', at, at + 4) === 'cmap');
  if (record === undefined) throw new Error('the font of the pictures has no cmap table; npm ci puts it back');
  const cmap = font.readUInt32BE(record + 8);
  const subtables = Array.from(
    { length: font.readUInt16BE(cmap + 2) },
    (_, at) => cmap + font.readUInt32BE(cmap + 4 + 8 * at + 4),
  );
  const full = subtables.find((at) => font.readUInt16BE(at) === 12);
  if (full === undefined) throw new Error('the font of the pictures has no cmap of format 12; npm ci puts it back');
  return Array.from({ length: font.readUInt32BE(full + 12) }, (_, at): [number, number] => {
    const group = full + 16 + 12 * at;
    return [font.readUInt32BE(group), font.readUInt32BE(group + 4)];
  });
}
