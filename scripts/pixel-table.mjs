// Writes the table of docs/data.md that says how close pictures are decoded to what Pillow decodes: every format, mode and
// orientation that Pillow writes, from test/fixtures/pixels (make.py makes them).
// Run: node scripts/pixel-table.mjs   (a test holds that the table is current)
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('..', import.meta.url));
const archive = join(root, 'test/fixtures/pixels/pixels.tar.gz');
export const placeOfTable = 'pixels: node scripts/pixel-table.mjs';

/** Why decoded pictures are not Pillow's to the bit. */
const reasons = [
  [({ upper }) => upper, '16 bits of grey become their upper 8, where Pillow cuts them off at 255'],
  [({ format, most }) => format === 'AVIF' && most <= 1, 'libheif and libavif round YCbCr to RGB differently'],
  [({ format }) => format === 'AVIF', 'libheif repeats the chroma of 4:2:0 and 4:2:2, libavif interpolates it'],
  [
    ({ format, mode }) => format === 'TIFF' && mode === 'YCbCr',
    'Pillow lets libtiff turn YCbCr into RGB where it is compressed, which rounds differently',
  ],
];

/** Measures every case: `decode` is decodePicture, `entries` tarEntriesOf. */
export async function measure(decode, entries) {
  const bytes = gunzipSync(readFileSync(archive));
  const files = new Map(
    [...entries(bytes, archive)].map(({ name, offset, size }) => [name, bytes.subarray(offset, offset + size)]),
  );
  const { pillow, cases } = JSON.parse(files.get('cases.json').toString());
  const measured = [];
  for (const one of cases) measured.push({ ...one, ...(await compare(decode, files, one)) });
  return { pillow, cases: measured };
}

async function compare(decode, files, { file, pixels, width, height }) {
  let picture;
  try {
    picture = await decode(files.get(file), 'picture');
  } catch (error) {
    return { refused: error.message.replace('picture: cannot be decoded: ', '') };
  }
  if (!pixels) return { unexpected: true };
  if (picture.width !== width || picture.height !== height) return { size: `${picture.width}x${picture.height}` };
  const expected = files.get(pixels);
  let most = 0;
  let off = 0;
  for (let at = 0; at < expected.length; at++) {
    const distance = Math.abs(expected[at] - picture.pixels[at]);
    most = Math.max(most, distance);
    if (distance > 1) off++;
  }
  return { most, off: off / expected.length };
}

/** What came out: cases of one format with one `key` share a row. */
function verdict(one) {
  if (one.refused) return { key: `refused: ${one.refused.split(': it begins')[0]}`, all: true };
  if (one.unexpected) return { key: 'READ, though it should be refused' };
  if (one.size) return { key: `WRONG SIZE: ${one.size}` };
  if (one.most === 0 && !one.upper) return { key: 'to the bit' };
  return { key: reasons.find(([fits]) => fits(one))?.[1] ?? 'UNEXPLAINED' };
}

/** The table in Markdown. */
export function pixelTable({ pillow, cases }) {
  const rows = new Map();
  for (const one of cases) {
    const { key, all } = verdict(one);
    const id = all ? key : `${one.format} ${key}`;
    const row = rows.get(id) ?? { key, formats: new Set(), kinds: new Map(), most: 0, off: 0 };
    rows.set(id, row);
    row.formats.add(one.format);
    row.most = Math.max(row.most, one.most ?? 0);
    row.off = Math.max(row.off, one.off ?? 0);
    const kind = one.how.startsWith('Orientation') ? 'Orientation 1 to 8' : one.how;
    row.kinds.set(kind, (row.kinds.get(kind) ?? new Set()).add(one.mode));
  }
  const lines = [...rows.values()].map(({ key, formats, kinds, most, off }) => {
    const written = [...kinds].map(([kind, modes]) => `${[...modes].join(' ')}${kind && ` (${kind})`}`).join('; ');
    const apart =
      most > 0
        ? `: at most ${most} level${most === 1 ? '' : 's'} apart, ${(100 * off).toFixed(0)} % of the bytes by more than 1`
        : '';
    return `| ${[...formats].join(', ')} | ${formats.size > 1 ? 'any' : written} | ${key}${apart} |`;
  });
  return `${cases.length} files that Pillow ${pillow} wrote, against what it reads from them:\n\n| format | written in modes | decoded |\n|---|---|---|\n${lines.join('\n')}`;
}

/** A document with a table between its marks. */
export function withTable(text, table, place) {
  const [begin, end] = [`<!-- ${place} -->`, '<!-- end -->'];
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < from) throw new Error(`docs/data.md has no ${begin} ... ${end}`);
  return `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { prepare } = await import('./prepare.mjs');
  await prepare();
  const { decodePicture } = await import('../dist/data/pictures/decoders/decode.js');
  const { tarEntriesOf } = await import('../dist/data/formats/tar.js');
  const file = join(root, 'docs/data.md');
  const table = pixelTable(await measure(decodePicture, tarEntriesOf));
  if (process.argv.includes('--print')) process.stdout.write(`${table}\n`);
  else writeFileSync(file, withTable(readFileSync(file, 'utf8'), table, placeOfTable));
}
