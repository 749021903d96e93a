import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { measure, pixelTable, placeOfTable, withTable } from '../../../scripts/pixel-table.mjs';
import { tarEntriesOf } from '../../../src/data/formats/tar.js';
import { decodePicture } from '../../../src/data/pictures/decoders/decode.js';

interface Case {
  readonly format: string;
  readonly mode: string;
  readonly how: string;
  readonly refused?: string;
  readonly unexpected?: boolean;
  readonly size?: string;
  readonly most?: number;
}

test('every format, mode and orientation that Pillow writes is decoded as it decodes them, as far as docs/data.md says', async () => {
  const measured = await measure(decodePicture, tarEntriesOf);
  const cases: Case[] = measured.cases;
  expect(cases.length).toBeGreaterThan(230);
  const bad = cases.filter(({ unexpected, size, format, most = 0 }) => {
    const allowed = format === 'AVIF' ? 12 : format === 'TIFF' ? 1 : 0;
    return unexpected || size || most > allowed;
  });
  expect(bad).toEqual([]);
  const refused = cases.filter(
    (one) => one.refused && ['JPEG', 'PNG', 'GIF', 'WEBP', 'AVIF', 'BMP'].includes(one.format),
  );
  expect(refused).toEqual([]);
  const docs = readFileSync(new URL('../../../docs/data.md', import.meta.url), 'utf8');
  // Else: node scripts/pixel-table.mjs
  expect(withTable(docs, pixelTable(measured), placeOfTable)).toBe(docs);
});
