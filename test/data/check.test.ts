import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { datasets } from '../../src/data/catalogue.js';
import { checkPictures } from '../../src/data/check.js';
import { openDatasets } from '../../src/data/open.js';
import { ownFolder } from './cache-folder.js';

const folder = ownFolder();
const pictures = fileURLToPath(new URL('../fixtures/pictures', import.meta.url));
const quiet = () => {};

test('every damaged picture is named once, in order, and the rest is read', async () => {
  const root = join(folder(), 'pictures');
  mkdirSync(join(root, 'test'), { recursive: true });
  cpSync(join(pictures, 'odd'), join(root, 'train/odd'), { recursive: true });
  cpSync(join(pictures, 'odd'), join(root, 'test/odd'), { recursive: true });
  mkdirSync(join(root, 'train/plain'));
  cpSync(join(pictures, 'odd/plain.jpg'), join(root, 'train/plain/plain.jpg'));
  const whole = readFileSync(join(pictures, 'odd/plain.jpg'));
  writeFileSync(join(root, 'train/odd/a-cut.jpg'), whole.subarray(0, 900));
  writeFileSync(join(root, 'train/odd/z-text.png'), 'no picture');
  const { train, test: held } = await openDatasets({ name: 'folder', root, train_limit: null, test_limit: null });
  let told = 0;
  const checked = await checkPictures(train, 3, (done) => {
    told = done;
  });
  expect(told).toBe(train.length);
  expect(checked.problems).toEqual([
    expect.stringContaining('a-cut.jpg: cannot be decoded'),
    expect.stringContaining('z-text.png: cannot be decoded'),
  ]);
  expect([checked.smallest, checked.largest]).toEqual([24, 48]);
  expect((await checkPictures(held, 3, quiet)).problems).toEqual([]);
});

test('a folder with ImageNet is remembered', async () => {
  const entry = datasets['imagenet-1k'];
  await expect(entry.fetch(null, quiet)).rejects.toThrow(/no public address.*\nNext: put ILSVRC2012_img_train.tar/);
  await expect(entry.open(null)).rejects.toThrow(/imagenet-1k is not here/);
  const root = join(pictures, 'imagenet');
  expect(await entry.fetch(root, quiet)).toBe(root);
  expect((await entry.open(null)).train.length).toBe(9);
  expect((await entry.open(await entry.fetch(null, quiet))).test.length).toBe(4);
  expect((await entry.open(null)).train.fingerprint).toBe((await entry.open(root)).train.fingerprint);
});
