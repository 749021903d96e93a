import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../../src/data/pictures/decode.js';

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/pictures/${name}`, import.meta.url));
const cases: { name: string; width: number; height: number; at: number }[] = JSON.parse(fixture('odd.json').toString());
const expected = gunzipSync(fixture('odd.bin.gz'));

describe('odd pictures are decoded as Pillow decodes them', () => {
  it.each(cases)('$name', async ({ name, width, height, at }) => {
    const picture = await decodePicture(fixture(`odd/${name}`), name);
    expect([picture.width, picture.height, picture.pixels.length]).toEqual([width, height, width * height * 3]);
    const differences = [...picture.pixels].map((value, index) => Math.abs(value - (expected[at + index] as number)));
    // JPEG decoders may round differently; 99% of the values within one level.
    const off = differences.filter((value) => value > 1).length;
    expect(off / differences.length).toBeLessThan(0.01);
    expect(Math.max(...differences)).toBeLessThanOrEqual(3);
  });
});

describe('damaged pictures are named', () => {
  const whole = fixture('odd/plain.jpg');
  it.each([
    ['empty.jpg', Buffer.alloc(0), /^empty.jpg: the file is empty$/],
    ['text.png', Buffer.from('no picture at all'), /^text.png: cannot be decoded: .*unsupported image format/],
    ['cut.jpg', whole.subarray(0, whole.length / 2), /^cut.jpg: cannot be decoded: /],
    ['cut.png', fixture('odd/palette.png').subarray(0, 2000), /^cut.png: cannot be decoded: .*[^:]$/],
    ['zeros.jpg', Buffer.alloc(3000), /^zeros.jpg: cannot be decoded: /],
  ])('%s', async (name, bytes, message) => {
    await expect(decodePicture(bytes, name)).rejects.toThrow(message);
  });
});
