import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { type CifarSource, cifarBinary, cifarPickles } from '../../../src/data/formats/cifar.js';
import { openFormat } from '../../../src/data/formats/format.js';
import { cifar10, cifar100 } from '../../../src/data/formats/sources.js';
import { ownFolder } from '../cache-folder.js';

const folder = ownFolder();
const each = 3;
const small = (source: CifarSource): CifarSource => ({ ...source, picturesPerFile: { train: each, test: each } });
const open = (source: CifarSource, root: string) =>
  openFormat(
    cifarBinary(small(source), () => 'the next command'),
    [cifarPickles(small(source), () => '')],
    root,
  );
const value = (file: number, picture: number, channel: number, at: number) =>
  (file * 7 + picture * 31 + channel * 101 + at * 3) % 256;
const labelOf = (file: number, picture: number) => (file * 3 + picture) % 10;

/** A file as the format's description has it: label bytes, then 1024 reds, greens and blues. */
function records(file: number, labelBytes: 1 | 2): Buffer {
  return Buffer.concat(
    Array.from({ length: each }, (_, picture) => {
      const label = [...(labelBytes === 2 ? [19] : []), labelOf(file, picture)];
      const planes = [0, 1, 2].flatMap((channel) =>
        Array.from({ length: 1024 }, (_, at) => value(file, picture, channel, at)),
      );
      return Buffer.from([...label, ...planes]);
    }),
  );
}

function put(source: CifarSource, root: string): void {
  mkdirSync(join(root, source.binary.folder), { recursive: true });
  for (const [at, name] of [...source.binary.files.train, ...source.binary.files.test].entries()) {
    writeFileSync(join(root, source.binary.folder, name), records(at, source.binary.labelBytes));
  }
}

beforeAll(() => {
  put(cifar10, folder());
  put(cifar100, folder());
});

test.each([cifar10, cifar100])('$name: labels, and channels side by side', async (source) => {
  const { train, test: held } = await open(source, folder());
  expect(train.length).toBe(source.binary.files.train.length * each);
  const last = source.binary.files.train.length - 1;
  const index = last * each + 2;
  expect(train.label(index)).toBe(labelOf(last, 2));
  const { pixels } = await train.picture(index);
  expect([...pixels.subarray(300, 306)]).toEqual(
    [100, 101].flatMap((at) => [0, 1, 2].map((channel) => value(last, 2, channel, at))),
  );
  expect(held.label(0)).toBe(labelOf(last + 1, 0));
  expect(new Set(source.classes).size).toBe(source.classes.length);
});

test('a hundred classes in the order of the alphabet', () => {
  expect(cifar100.classes.length).toBe(100);
  expect([...cifar100.classes].sort()).toEqual(cifar100.classes);
});

test('what is missing or damaged is named', async () => {
  const root = join(folder(), 'bad');
  const openBad = () => open(cifar10, root);
  await expect(openBad()).rejects.toThrow(/cifar-10-binary.tar.gz does not exist.\nNext: the next command/);
  mkdirSync(root);
  writeFileSync(join(root, cifar10.binary.archive), 'no archive');
  await expect(openBad()).rejects.toThrow(/damaged gzip data/);
  writeFileSync(join(root, cifar10.binary.archive), gzipSync(Buffer.alloc(1024)));
  await expect(openBad()).rejects.toThrow(/has no cifar-10-batches-bin\/data_batch_1.bin/);
  put(cifar10, root);
  const file = join(root, cifar10.binary.folder, 'data_batch_3.bin');
  const whole = readFileSync(file);
  writeFileSync(file, whole.subarray(0, 5000));
  await expect(openBad()).rejects.toThrow(/data_batch_3.bin: truncated: 3 pictures need 9219 bytes, found 5000/);
  whole[3073] = 10;
  writeFileSync(file, whole);
  await expect(openBad()).rejects.toThrow(/data_batch_3.bin: label 1 is 10, expected 0 to 9/);
});
