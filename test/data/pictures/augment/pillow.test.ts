import { describe, expect, test } from 'vitest';
import { brightness, colour, contrast } from '../../../../src/data/pictures/augment/colour.js';
import { centreCrop } from '../../../../src/data/pictures/augment/crop.js';
import { cutOut } from '../../../../src/data/pictures/augment/cut-out.js';
import { applyOperations, type OperationName, operations } from '../../../../src/data/pictures/augment/rand-augment.js';
import { resize, resizeLines, weigh } from '../../../../src/data/pictures/augment/resize.js';
import { hashOfSource } from '../../../../scripts/wasm-modules.mjs';
import { sourceHash } from '../../../../src/data/pictures/augment/resize-module.js';
import type { Generator } from '../../../../src/random/generator.js';
import { type Case, cases, expected, photograph, shareApart, stored } from './reference.js';

// The script's patches and the canvas it filled with.
const patches = {
  china: { top: 20, left: 60, height: 36, width: 40 },
  flower: { top: 70, left: 40, height: 36, width: 40 },
};
const fill = [124, 116, 104] as const;
const patch = async (name: 'china' | 'flower') => cutOut(await photograph(name), patches[name]);
const of = (kind: string) => cases.filter((one) => one.kind === kind).map((one) => [label(one), one] as const);
const label = ({ name, photo, filter, magnitude, negative, factor, resolution }: Case) =>
  [name, photo, filter, magnitude, negative ? 'negative' : '', factor, resolution].filter(Boolean).join(' ');

test('the WebAssembly module is made of its source; else: node scripts/build-wasm.mjs', () => {
  expect(sourceHash).toBe(hashOfSource('native/wasm/resize.ts'));
});

test.each(['bilinear', 'bicubic'] as const)('resizing in JavaScript and in WebAssembly are one: %s', async (filter) => {
  const photo = await photograph('china');
  for (const [height, width] of [
    [41, 67],
    [300, 203],
    [150, 200],
    [7, 9],
  ] as const) {
    const lines = Array.from({ length: photo.height }, (_, row) => photo.pixels.subarray(row * 600, (row + 1) * 600));
    const [columns, rows] = [weigh(200, width, 0, width, filter), weigh(150, height, 0, height, filter)];
    const region = { top: 0, left: 0, height: photo.height, width: photo.width };
    expect(resize(photo, { region, height, width, filter }).pixels).toEqual(resizeLines(lines, columns, rows, 0));
  }
});

describe('as Pillow does', () => {
  test.each(of('resize'))('crop and resize: %s', async (_, one) => {
    const [left, top, right, bottom] = one.box;
    const [width, height] = one.size;
    const region = { top, left, height: bottom - top, width: right - left };
    const found = resize(await photograph(one.photo), { region, height, width, filter: one.filter });
    // Pillow 13 goes down before across where that is less work; older ones never do, nor does this.
    if (one.name === 'mixed') expect(shareApart(found, expected(one), 1)).toBeLessThan(0.01);
    else expect(shareApart(found, expected(one), 0)).toBe(0);
  });

  test.each(of('evaluate'))('resize and centre crop: %s', async (_, one) => {
    const photo = await photograph(one.photo);
    const found = resize(photo, { ...centreCrop(photo, one.resolution, one.ratio), filter: one.filter });
    expect(shareApart(found, expected(one), 0)).toBe(0);
  });

  test.each(of('operation'))('%s', async (_, one) => {
    const name = one.name as OperationName;
    const picture = one.dark === undefined ? await patch(one.photo) : stored(one.height, one.width, one.dark);
    const sign = { uniform: () => (one.negative ? 1 : 0) } as Generator;
    const argument = operations[name].argument?.(one.magnitude, sign) ?? 0;
    const found = applyOperations(picture, [{ name, argument }], { filter: one.filter, fill });
    // Sums of doubles in another order may fall on the other side of a whole number, where Pillow cuts off.
    expect(shareApart(found, expected(one), 1)).toBe(0);
    expect(shareApart(found, expected(one), 0)).toBeLessThan(0.005);
  });

  test.each(of('jitter'))('colour jitter: %s', async (_, one) => {
    const functions = { brightness, contrast, saturation: colour };
    const found = functions[one.name as keyof typeof functions](await patch(one.photo), one.factor);
    expect(shareApart(found, expected(one), 0)).toBe(0);
  });
});
