import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UsageError } from '../../src/cli/errors.js';
import { fits, parseSeeds, selectRuns } from '../../src/cli/select.js';
import { fakeRun } from '../experiment/fakes/runs.js';

const names = ['resnet-50', 'kernel-size-5', 'kernel-size-7', 'kernel-size-11', 'gelu', 'move-up-depthwise'];
const left = (only: string): string[] => names.filter(fits(only));

test.each([
  ['gelu', ['gelu']],
  ['kernel-size-*', ['kernel-size-5', 'kernel-size-7', 'kernel-size-11']],
  ['kernel-size-?', ['kernel-size-5', 'kernel-size-7']],
  ['kernel-size-{5,1*}', ['kernel-size-5', 'kernel-size-11']],
  ['{gelu,resnet-*}', ['resnet-50', 'gelu']],
  ['gelu, *-50', ['resnet-50', 'gelu']],
  ['size', []],
  ['[g]elu', []],
])('--only %s', (only, expected) => {
  expect(left(only)).toEqual(expected);
});

test('any text is a pattern', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(() => left(text)).not.toThrow();
    }),
  );
  expect(left('{2}')).toEqual([]);
  expect(left('}{')).toEqual([]);
});

test('seeds are numbers and ranges', () => {
  expect([...parseSeeds('0-2, 7,7')]).toEqual([0, 1, 2, 7]);
  for (const text of ['', '-1', '3-1', 'a', '1.5', '0-99999']) expect(() => parseSeeds(text)).toThrow(UsageError);
});

test('a selection that leaves nothing names what there is', () => {
  const runs = [fakeRun('gelu'), fakeRun('gelu', 1), fakeRun('layer-norm')];
  expect(selectRuns(runs, 'g*', new Set([0]))).toEqual([runs[0]]);
  expect(() => selectRuns(runs, 'relu', new Set([0]))).toThrow(
    '--only "relu" fits no network of the suite; it has gelu, layer-norm',
  );
});
