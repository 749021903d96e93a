import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { classesOf } from '../../../src/data/catalogue.js';
import { openDatasets } from '../../../src/data/open.js';
import { ownFolder } from '../cache-folder.js';

const folder = ownFolder();
const odd = fileURLToPath(new URL('../../fixtures/pictures/odd', import.meta.url));
const config = (root: string | null) => ({ name: 'folder', root, train_limit: null, test_limit: null });

let root: string;
let made = 0;
beforeEach(() => {
  root = join(folder(), `pictures-${made++}`);
  const put = (place: string, ...names: string[]) => {
    mkdirSync(join(root, place), { recursive: true });
    for (const name of names) cpSync(join(odd, name), join(root, place, name));
  };
  put('train/b', 'plain.jpg', 'grey.jpg');
  put('train/B', 'palette.png');
  put('train/a/deeper', 'lossless.webp');
  put('train/a', 'animated.gif');
  put('val/a', 'progressive.jpg');
  put('val/b', 'transparent.png');
  writeFileSync(join(root, 'train/a/notes.txt'), 'no picture');
  writeFileSync(join(root, 'train/a/._plain.jpg'), 'what a Mac leaves behind');
});

test('a class a folder, in the order of Python; pictures at any depth; other files left out', async () => {
  const { train, test: held } = await openDatasets(config(root));
  expect(train.classes).toEqual(['B', 'a', 'b']);
  expect(held.classes).toEqual(train.classes);
  expect(Array.from({ length: train.length }, (_, at) => train.label(at))).toEqual([0, 1, 1, 2, 2]);
  expect([held.length, held.label(0), held.label(1)]).toEqual([2, 1, 2]);
  const sizes = await Promise.all(
    Array.from({ length: train.length }, async (_, at) => {
      const { width, height } = await train.picture(at);
      return [width, height];
    }),
  );
  // palette.png, animated.gif, lossless.webp in deeper, grey.jpg, plain.jpg
  expect(sizes).toEqual([
    [36, 48],
    [48, 36],
    [36, 48],
    [48, 36],
    [48, 36],
  ]);
  expect(await classesOf(config(root))).toBe(3);
});

test('what is listed once is listed again when a folder has changed', async () => {
  const before = await openDatasets(config(root));
  expect(readdirSync(join(process.env.ABLATE_CACHE as string, 'data/lists')).length).toBeGreaterThan(0);
  expect((await openDatasets(config(root))).train.fingerprint).toBe(before.train.fingerprint);
  cpSync(join(odd, 'plain.jpg'), join(root, 'train/a/deeper/more.jpg'));
  const after = await openDatasets(config(root));
  expect(after.train.length).toBe(before.train.length + 1);
  expect(after.train.fingerprint).not.toBe(before.train.fingerprint);
  expect(after.test.fingerprint).toBe(before.test.fingerprint);
});

test.each([
  ['of another size', (bytes: Buffer) => bytes.subarray(0, bytes.length - 1)],
  ['of the same size', (bytes: Buffer) => Buffer.from(bytes).fill(0, bytes.length - 1)],
])('a picture written over in place by one %s is noticed', async (_, change) => {
  const before = await openDatasets(config(root));
  const file = join(root, 'train/a/animated.gif');
  writeFileSync(file, change(readFileSync(file)));
  const after = await openDatasets(config(root));
  expect(after.train.fingerprint).not.toBe(before.train.fingerprint);
  expect(after.test.fingerprint).toBe(before.test.fingerprint);
});

test('links to folders are classes too', async () => {
  symlinkSync(join(root, 'train/b'), join(root, 'train/c'));
  expect((await openDatasets(config(root))).train.classes).toEqual(['B', 'a', 'b', 'c']);
});

test('links that lead nowhere are named, of pictures, folders and classes', async () => {
  for (const place of ['train/b/lost.jpg', 'train/b/lost', 'train/lost']) {
    symlinkSync(join(root, 'nowhere'), join(root, place));
    await expect(openDatasets(config(root))).rejects.toThrow(`${join(root, place)}: the link leads nowhere`);
    rmSync(join(root, place));
  }
});

test('the same pictures elsewhere have the same fingerprint', async () => {
  const { train } = await openDatasets(config(root));
  cpSync(root, `${root}-copy`, { recursive: true });
  expect((await openDatasets(config(`${root}-copy`))).train.fingerprint).toBe(train.fingerprint);
});

test('what does not fit is refused by name', async () => {
  const open = () => openDatasets(config(root));
  writeFileSync(join(root, 'train/b/none.jpg'), '');
  await expect(open()).rejects.toThrow(/train\/b\/none.jpg: the file is empty/);
  writeFileSync(join(root, 'train/b/nothing.jpg'), '');
  await expect(open()).rejects.toThrow(/none.jpg: the file is empty, and 1 more in .*\/train\/b; take it away/);
  for (const name of ['none.jpg', 'nothing.jpg']) rmSync(join(root, 'train/b', name));
  mkdirSync(join(root, 'train/empty'));
  await expect(open()).rejects.toThrow(/train\/empty: expected pictures, found none/);
  rmSync(join(root, 'train/empty'), { recursive: true });
  mkdirSync(join(root, 'val/strange'));
  await expect(open()).rejects.toThrow(/val\/strange: the training set has no such class/);
  rmSync(join(root, 'val'), { recursive: true });
  await expect(open()).rejects.toThrow(
    /has no folder test or testing or val or valid or validation; it has train\/.\nNext: lay the pictures out as/,
  );
  await expect(openDatasets(config(odd))).rejects.toThrow(/has no folder train or training/);
  await expect(openDatasets(config(null))).rejects.toThrow(/set dataset.root/);
  await expect(openDatasets(config('/nowhere'))).rejects.toThrow(/\/nowhere/);
  expect(await classesOf(config('/nowhere'))).toBe(null);
});

test('networks of another number of classes are refused', async () => {
  await expect(openDatasets(config(root), 4)).rejects.toThrow(/has 3 classes in .*, the networks have 4.\nNext: set/);
  expect((await openDatasets(config(root), 3)).train.length).toBe(5);
});

test('a root that is not the right one is told, with the right one where it is near', async () => {
  cpSync(root, join(folder(), 'around/photos'), { recursive: true });
  const at = (place: string) => expect(openDatasets(config(join(folder(), place)))).rejects;
  await at('around').toThrow(
    /around has no folder train or training; it has photos\/.\nNext: take .*around\/photos for the root/,
  );
  await at('around/photos/train').toThrow(/it has B\/, a\/, b\/.\nNext: take .*around\/photos for the root/);
  await at('around/photos/train/a').toThrow(/it has animated.gif, deeper\/, notes.txt.\nNext: lay the pictures out/);
  await at('around/photos/train/a/notes.txt').toThrow(
    /notes.txt: is a file, expected a folder.\nNext: name the folder/,
  );
  await at('nowhere').toThrow(/nowhere: there is no such folder/);
  mkdirSync(join(folder(), 'shards/data'), { recursive: true });
  await at('shards').toThrow(/it has data\/.\nNext: lay/);
  writeFileSync(join(folder(), 'shards/data/train-0.tar'), '');
  await at('shards').toThrow(/Next: it looks like webdataset: name that dataset in place of folder/);
});
