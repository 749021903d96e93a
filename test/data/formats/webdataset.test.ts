import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openFormat } from '../../../src/data/formats/format.js';
import { webdatasetShards } from '../../../src/data/formats/webdataset.js';
import { ownFolder } from '../cache-folder.js';

const folder = ownFolder();
const open = (root: string) => openFormat(webdatasetShards, [], root);
const shards = fileURLToPath(new URL('../../fixtures/pictures/webdataset', import.meta.url));

test("shards that WebDataset's own writer wrote", async () => {
  const { train, test: held } = await open(shards);
  expect(train.classes).toEqual(['0', '1', '2']);
  expect(Array.from({ length: train.length }, (_, at) => train.label(at))).toEqual([0, 2, 1, 1]);
  expect([held.length, held.label(0), held.label(1)]).toEqual([2, 2, 0]);
  const { pixels, width, height } = await train.picture(1);
  // The script's colour: class times 80, number times 10.
  expect([width, height, Math.round((pixels[0] as number) / 80), Math.round((pixels[1] as number) / 10)]).toEqual([
    20, 16, 2, 1,
  ]);
});

test('names of classes, and what does not fit', async () => {
  const root = join(folder(), 'shards');
  mkdirSync(root);
  await expect(open(root)).rejects.toThrow(/expected shards named like train-0000.tar .* found no .tar file$/);
  for (const name of ['train-0.tar.gz', 'val-0.tar.gz']) writeFileSync(join(root, name), '');
  await expect(open(root)).rejects.toThrow(/found train-0.tar.gz, val-0.tar.gz.\nNext: unpack them to .tar/);
  for (const name of ['train-0.tar.gz', 'val-0.tar.gz']) rmSync(join(root, name));
  for (const name of ['train', 'val']) mkdirSync(join(root, name));
  await expect(open(root)).rejects.toThrow(/Next: it looks like folder: name that dataset in place of webdataset/);
  for (const name of ['train', 'val']) rmSync(join(root, name), { recursive: true });
  await expect(open(join(root, 'none'))).rejects.toThrow(/none: there is no such folder/);
  cpSync(shards, root, { recursive: true });
  writeFileSync(join(root, 'classnames.txt'), 'ant\nbee\ncat\n');
  expect((await open(root)).train.classes).toEqual(['ant', 'bee', 'cat']);
  writeFileSync(join(root, 'classnames.txt'), 'ant\nbee\n');
  await expect(open(root)).rejects.toThrow(/set-train-0000.tar: class 2, expected 0 to 1/);
  writeFileSync(join(root, 'classnames.txt'), 'ant\nbee\ncat\n');
  const bytes = readFileSync(join(root, 'set-train-0001.tar'));
  const label = bytes.indexOf('.cls');
  bytes[label + 1] = 'x'.charCodeAt(0);
  writeFileSync(join(root, 'set-train-0001.tar'), bytes);
  await expect(open(root)).rejects.toThrow(/set-train-0001.tar: not a tar archive, or damaged/);
});
