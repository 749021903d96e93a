import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openFormat } from '../../../src/data/formats/format.js';
import { type MnistFile, type MnistSource, mnistFiles, mnistFormat } from '../../../src/data/formats/mnist.js';
import { broughtMnists, mnist } from '../../../src/data/formats/sources.js';
import { warningsOf } from '../../../src/data/remarks.js';
import { ownFolder } from '../cache-folder.js';

const folder = ownFolder();

/** Two pictures of 2x3 whose pixels begin at `first`. */
function content(file: MnistFile, first: number): Buffer {
  const isTest = Number(file.startsWith('t10k'));
  const pixels = Array.from({ length: 12 }, (_, at) => first + at + isTest);
  return file.includes('idx3')
    ? Buffer.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, ...pixels])
    : Buffer.from([0, 0, 8, 1, 0, 0, 0, 2, isTest, first / 20]);
}

function put(name: string, first: number): string {
  const root = join(folder(), name);
  mkdirSync(root);
  for (const file of mnistFiles) writeFileSync(join(root, `${file}.gz`), gzipSync(content(file, first)));
  return root;
}

const sums = (hash: (file: MnistFile) => string) =>
  Object.fromEntries(mnistFiles.map((file) => [file, hash(file)])) as Record<MnistFile, string>;
const bySha: MnistSource = {
  ...mnist,
  name: 'by-sha',
  sha256: sums((file) => createHash('sha256').update(content(file, 20)).digest('hex')),
};
const byMd5: MnistSource = {
  ...(broughtMnists.kmnist as MnistSource),
  name: 'by-md5',
  md5: sums((file) =>
    createHash('md5')
      .update(gzipSync(content(file, 40)))
      .digest('hex'),
  ),
};
const known = [bySha, byMd5];
const open = (source: MnistSource, root: string) =>
  openFormat(
    mnistFormat(source, known, () => 'the next command'),
    [],
    root,
  );

test("another set's files are refused where their checksum is known, packed or not", async () => {
  const [ofSha, ofMd5, other] = [put('sha', 20), put('md5', 40), put('other', 60)];
  const { train } = await open(bySha, ofSha);
  expect(train.remarks).toEqual([]);
  expect((await open(byMd5, ofMd5)).train.remarks).toEqual([]);
  await expect(open(byMd5, ofSha)).rejects.toThrow(
    /train-images-idx3-ubyte.gz: this is train-images-idx3-ubyte of by-sha, not of by-md5/,
  );
  await expect(open(bySha, ofMd5)).rejects.toThrow(/this is train-images-idx3-ubyte of by-md5, not of by-sha/);
  const unknown = await open(bySha, other);
  expect(warningsOf(unknown.train)).toEqual([
    expect.stringMatching(/^train: 2 files whose checksum is not that of the published by-sha: .*images.*labels/),
  ]);
  expect(warningsOf((await open(byMd5, other)).train)).toEqual([]);
});

test("a file in another one's place is refused", async () => {
  const root = put('swapped', 20);
  const file = 't10k-labels-idx1-ubyte';
  writeFileSync(join(root, `${file}.gz`), gzipSync(content('train-labels-idx1-ubyte', 20)));
  await expect(open(bySha, root)).rejects.toThrow(
    /t10k-labels-idx1-ubyte.gz: this is train-labels-idx1-ubyte of by-sha, not its t10k-labels-idx1-ubyte/,
  );
});

test('mean and sd that nobody has written down are those of all training pixels', async () => {
  const { train } = await open(byMd5, put('measured', 100));
  const values = Array.from({ length: 12 }, (_, at) => (100 + at) / 255);
  const mean = values.reduce((sum, value) => sum + value, 0) / 12;
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 12);
  for (const channel of [0, 1, 2]) {
    expect(train.mean[channel]).toBeCloseTo(mean, 10);
    expect(train.sd[channel]).toBeCloseTo(sd, 10);
  }
});
