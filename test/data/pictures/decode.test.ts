import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { decodePicture } from '../../../src/data/pictures/decoders/decode.js';

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
    [
      'text.png',
      Buffer.from('no picture at all'),
      /^text.png: cannot be decoded: no JPEG, PNG, .*: it begins with 6e 6f 20 70$/,
    ],
    ['cut.jpg', whole.subarray(0, whole.length / 2), /^cut.jpg: cannot be decoded: /],
    ['cut.png', fixture('odd/palette.png').subarray(0, 2000), /^cut.png: cannot be decoded: .*[^:]$/],
    ['zeros.jpg', Buffer.alloc(3000), /^zeros.jpg: cannot be decoded: zeros only$/],
    ['page.jpg', Buffer.from('<!DOCTYPE html><html>'), /: a web page, perhaps/],
    ['drawing.png', Buffer.from('<?xml version="1.0"?>\n<svg width="1" height="1"/>'), /: an SVG drawing; convert/],
    ['pointer.jpg', Buffer.from('version https://git-lfs.github.com/spec/v1\n'), /: a pointer of Git LFS; run/],
    ['phone.jpg', Buffer.from('\0\0\0\x18ftypheic'), /: a HEIC picture; convert/],
    ['cut.gif', fixture('odd/animated.gif').subarray(0, 300), /: cut off/],
    ['cut.ppm', Buffer.from('P6 20 20 255\n123'), /: cut off: 3 of 1200 bytes of pixels$/],
    ['cut.bmp', Buffer.from('BM'), /: cut off: 2 of 18 bytes$/],
  ])('%s', async (name, bytes, message) => {
    await expect(decodePicture(bytes, name)).rejects.toThrow(message);
  });
});

describe('a picture of more pixels than the limit is refused before it is decoded', () => {
  const before = process.env.ABLATE_MAX_PIXELS;
  afterEach(() => {
    if (before === undefined) delete process.env.ABLATE_MAX_PIXELS;
    else process.env.ABLATE_MAX_PIXELS = before;
  });

  it.each(['plain.jpg', 'transparent.png', 'lossless.webp', 'animated.gif', 'cmyk.tif', 'cmyk.jpg'])(
    '%s',
    async (name) => {
      const bytes = fixture(`odd/${name}`);
      process.env.ABLATE_MAX_PIXELS = '1727';
      await expect(decodePicture(bytes, name)).rejects.toThrow(
        /: (48x36|36x48) are 1,728 pixels, more than the limit of 1,727; make it smaller, or raise ABLATE_MAX_PIXELS$/,
      );
      process.env.ABLATE_MAX_PIXELS = '1728';
      expect((await decodePicture(bytes, name)).pixels.length).toBe(3 * 1728);
    },
  );

  it('at the usual limit: a header of a few bytes asks for gigabytes', async () => {
    delete process.env.ABLATE_MAX_PIXELS;
    await expect(decodePicture(Buffer.from('P5 30000 30000 255\n'), 'large.pgm')).rejects.toThrow(
      /30000x30000 are 900,000,000 pixels, more than the limit of 89,478,485/,
    );
    process.env.ABLATE_MAX_PIXELS = 'many';
    await expect(decodePicture(Buffer.from('P5 2 2 255\n1234'), 'small.pgm')).rejects.toThrow(
      /ABLATE_MAX_PIXELS is "many"/,
    );
  });
});
