import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { DataError } from '../../../src/data/error.js';
import { parseIdx } from '../../../src/data/formats/idx.js';

/** Two pictures of 2x3. */
const whole = Uint8Array.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);

test('reads plain and gzipped files alike', () => {
  for (const bytes of [whole, gzipSync(whole)]) {
    const { shape, values } = parseIdx(bytes, 'some-idx3-ubyte', 3);
    expect(shape).toEqual([2, 2, 3]);
    expect([...values]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  }
});

const flipped = (bytes: Uint8Array, at: number) => bytes.map((byte, place) => (place === at ? byte ^ 0xff : byte));

test.each([
  ['empty', new Uint8Array(), /some-idx3-ubyte: 0 bytes are too few for an IDX header of 16/],
  ['header cut off', whole.subarray(0, 9), /9 bytes are too few/],
  ['truncated', whole.subarray(0, 20), /truncated: \[2, 2, 3\] needs 28 bytes, found 20/],
  ['too long', Uint8Array.from([...whole, 0]), /longer than its header says/],
  ['wrong magic', flipped(whole, 2), /starts with 0x0000f703, expected 0x00000803/],
  ['labels for pictures', Uint8Array.from([0, 0, 8, 1, ...whole.subarray(4)]), /not an IDX file of 3 axes/],
  ['an absurd count', flipped(whole, 4), /truncated: \[4278190082, 2, 3\]/],
  ['damaged gzip', flipped(gzipSync(whole), 14), /damaged gzip data/],
  ['truncated gzip', gzipSync(whole).subarray(0, 25), /damaged gzip data/],
])('refuses by name: %s', (_, bytes, message) => {
  const parse = () => parseIdx(bytes, 'some-idx3-ubyte', 3);
  expect(parse).toThrow(DataError);
  expect(parse).toThrow(message);
  expect(parse).toThrow(/^some-idx3-ubyte: /);
});
