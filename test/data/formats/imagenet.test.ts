import { cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Dataset } from '../../../src/data/dataset.js';
import { openFormat } from '../../../src/data/formats/format.js';
import { kaggleImagenet, officialImagenet } from '../../../src/data/formats/imagenet/open.js';
import { limitDataset } from '../../../src/data/limit.js';
import { openSource } from '../../../src/data/listing/source.js';
import { tarEntries } from '../../../src/data/formats/tar.js';
import { ownFolder } from '../cache-folder.js';

const folder = ownFolder();
const archives = fileURLToPath(new URL('../../fixtures/pictures/imagenet', import.meta.url));
const wnids = ['n01440764', 'n01443537', 'n02084071'];
const open = (root: string) => openFormat(officialImagenet, [kaggleImagenet], root);

/** Class and number, which the script has put into a picture's colour. */
async function seen(set: Dataset): Promise<number[][]> {
  const pictures = Array.from({ length: set.length }, (_, index) => set.picture(index));
  return (await Promise.all(pictures)).map(({ pixels }, index) => [
    set.label(index),
    Math.round((pixels[0] as number) / 80),
    Math.round((pixels[1] as number) / 10),
  ]);
}

const training = wnids.flatMap((_, label) => [0, 1, 2].map((number) => [label, label, number]));
const validation = [
  [2, 2, 0],
  [1, 1, 1],
  [0, 0, 2],
  [0, 0, 3],
];

test('the archives as they are: classes in the order of their ids, validation in that of its numbers', async () => {
  const { train, test: held } = await open(archives);
  expect(train.classes).toEqual(wnids);
  expect(await seen(train)).toEqual(training);
  expect(await seen(held)).toEqual(validation);
  const again = await open(archives);
  expect(again.train.fingerprint).toBe(train.fingerprint);
  expect(await seen(again.test)).toEqual(validation);
});

test('unpacked, with class folders or without for validation', async () => {
  const root = join(folder(), 'unpacked');
  unpack(join(archives, 'ILSVRC2012_img_val.tar'), join(root, 'val'));
  cpSync(join(archives, 'ILSVRC2012_devkit_t12.tar.gz'), join(root, 'ILSVRC2012_devkit_t12.tar.gz'));
  const archive = join(archives, 'ILSVRC2012_img_train.tar');
  for (const { name, offset, size } of tarEntries(archive)) {
    unpack(archive, join(root, 'train', name.slice(0, -4)), { start: offset, end: offset + size });
  }
  const flat = await open(root);
  expect(await seen(flat.train)).toEqual(training);
  expect(await seen(flat.test)).toEqual(validation);

  for (const [at, [label]] of validation.entries()) {
    const name = `ILSVRC2012_val_0000000${at + 1}.JPEG`;
    mkdirSync(join(root, 'val', wnids[label as number] as string), { recursive: true });
    cpSync(join(root, 'val', name), join(root, 'val', wnids[label as number] as string, name));
    rmSync(join(root, 'val', name));
  }
  const sorted = await open(root);
  expect((await seen(sorted.test)).map(([, label]) => label)).toEqual([0, 0, 1, 2]);
  expect((await seen(sorted.test)).every(([label, colour]) => label === colour)).toBe(true);
});

test('threads see the same pictures, of a part too', async () => {
  const part = limitDataset((await open(archives)).train, 4);
  const reader = openSource(structuredClone(part.source as NonNullable<Dataset['source']>));
  for (let index = 0; index < part.length; index++) {
    expect(await reader.picture(index)).toEqual(await part.picture(index));
  }
  await reader.close();
});

test('what is missing or cut off is named, with what to do', async () => {
  const root = join(folder(), 'partial');
  mkdirSync(root);
  await expect(open(root)).rejects.toThrow(
    /has neither a folder train nor ILSVRC2012_img_train.tar.\nNext: put ILSVRC2012_img_train.tar/,
  );
  cpSync(join(archives, 'ILSVRC2012_img_train.tar'), join(root, 'ILSVRC2012_img_train.tar'));
  await expect(open(root)).rejects.toThrow(/has neither a folder val nor ILSVRC2012_img_val.tar/);
  cpSync(join(archives, 'ILSVRC2012_img_val.tar'), join(root, 'ILSVRC2012_img_val.tar'));
  await expect(open(root)).rejects.toThrow(/neither ILSVRC2012_devkit_t12.tar.gz nor ILSVRC2012_devkit_t12/);
  const kit = readFileSync(join(archives, 'ILSVRC2012_devkit_t12.tar.gz'));
  writeFileSync(join(root, 'ILSVRC2012_devkit_t12.tar.gz'), kit.subarray(0, kit.length / 2));
  await expect(open(root)).rejects.toThrow(/ILSVRC2012_devkit_t12.tar.gz: damaged gzip data/);
  truncateSync(join(root, 'ILSVRC2012_img_train.tar'), 20_000);
  await expect(open(root)).rejects.toThrow(/ILSVRC2012_img_train.tar: cut off inside n0/);
});

function unpack(archive: string, target: string, within?: { start: number; end: number }): void {
  mkdirSync(target, { recursive: true });
  const bytes = readFileSync(archive);
  for (const { name, offset, size } of tarEntries(archive, within ?? {})) {
    writeFileSync(join(target, name), bytes.subarray(offset, offset + size));
  }
}
