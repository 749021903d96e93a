import fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { decodePicture } from '../../../src/data/pictures/decoders/decode.js';
import { turn } from '../../../src/data/pictures/decoders/turn.js';

const short = (value: number) => [value & 255, value >> 8];
const long = (value: number) => [...short(value & 0xffff), ...short(value >>> 16)];

/** A BMP of 2x2 with a header of 40 bytes, and what follows it. */
const bmp = (bits: number, compression: number, height: number, rest: readonly number[], size = 40) =>
  Buffer.from([
    ...[0x42, 0x4d, ...long(0), ...long(0), ...long(14 + size + (compression === 3 ? 12 : 0))],
    ...[...long(size), ...long(2), ...long(height), ...short(1), ...short(bits), ...long(compression)],
    ...[...long(0), ...long(0), ...long(0), ...long(0), ...long(0), ...rest],
  ]);
const pixelsOf = async (bytes: Uint8Array) => [...(await decodePicture(bytes, 'picture')).pixels];

// Values as Pillow 13.0.0 reads them.
test('BMP: 16 bits in both ways, lines from the top, core headers, run lengths refused', async () => {
  const line = [...short(0x7fff), ...short(0x1f), ...short(0x7c00), ...short(0x3e0)];
  expect(await pixelsOf(bmp(16, 0, -2, line))).toEqual([255, 255, 255, 0, 0, 255, 255, 0, 0, 0, 255, 0]);
  expect(await pixelsOf(bmp(16, 0, 2, line))).toEqual([255, 0, 0, 0, 255, 0, 255, 255, 255, 0, 0, 255]);
  const masks = [...long(0xf800), ...long(0x7e0), ...long(0x1f)];
  const fields = [...short(0xf800), ...short(0x7e0), ...short(0x8410), ...short(0x1f)];
  expect(await pixelsOf(bmp(16, 3, -2, [...masks, ...fields]))).toEqual([
    255, 0, 0, 0, 255, 0, 131, 129, 131, 0, 0, 255,
  ]);
  await expect(decodePicture(bmp(8, 1, 2, [0, 0]), 'packed.bmp')).rejects.toThrow(/packed.bmp: .*compressed in way 1/);
  const core = Buffer.from([
    ...[
      0x42,
      0x4d,
      ...long(0),
      ...long(0),
      ...long(26),
      ...long(12),
      ...short(1),
      ...short(1),
      ...short(1),
      ...short(24),
    ],
    ...[10, 20, 30, 0],
  ]);
  expect(await pixelsOf(core)).toEqual([30, 20, 10]);
});

test('Netpbm: comments, text, other largest values, bits without blanks', async () => {
  expect(await pixelsOf(Buffer.from('P2\n# a comment\n2 1 # another\n15\n0 15\n'))).toEqual([0, 0, 0, 255, 255, 255]);
  expect(await pixelsOf(Buffer.from('P3 1 1 100 50 0 100'))).toEqual([128, 0, 255]);
  expect(await pixelsOf(Buffer.from('P1\n4 1\n0110'))).toEqual([255, 0, 0, 255].flatMap((grey) => [grey, grey, grey]));
  expect(await pixelsOf(Buffer.from('P6 1 1 65535\n\xff\xff\x80\x00\x00\x00', 'latin1'))).toEqual([255, 128, 0]);
  await expect(decodePicture(Buffer.from('P2 1 1 15 16'), 'a.pgm')).rejects.toThrow(
    /a.pgm: .*the value 16 of at most 15/,
  );
});

test('turning by an orientation and by its inverse is nothing', () => {
  const inverse = [0, 1, 2, 3, 4, 5, 8, 7, 6];
  const sides = fc.integer({ min: 1, max: 7 });
  fc.assert(
    fc.property(sides, sides, fc.integer({ min: 1, max: 8 }), (height, width, orientation) => {
      const picture = { height, width, pixels: Uint8Array.from({ length: height * width * 3 }, (_, at) => at) };
      const turned = turn(picture, orientation);
      expect([turned.height, turned.width]).toEqual(orientation > 4 ? [width, height] : [height, width]);
      expect(turn(turned, inverse[orientation] as number)).toEqual(picture);
    }),
  );
});

test('GIFs of few and many colours, whose tables of codes fill up, are what libvips reads', async () => {
  for (const colours of [2, 4, 16, 256]) {
    const noise = Buffer.from(Array.from({ length: 160 * 120 * 3 }, (_, at) => (at * at * 31 + (at >> 3) * 7) % 256));
    const picture = sharp(noise, { raw: { width: 160, height: 120, channels: 3 } });
    const bytes = await picture.gif({ colours, dither: 0 }).toBuffer();
    const expected = await sharp(bytes).removeAlpha().raw().toBuffer();
    const { pixels } = await decodePicture(bytes, 'noise.gif');
    expect(Buffer.compare(pixels, expected)).toBe(0);
  }
});
