import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import type { Dataset } from '../dataset.js';
import { DataError } from '../error.js';
import { fromFiles } from '../listing/files.js';
import { keptList } from '../listing/kept-list.js';
import { listPictures, type PictureList, type PlacedPicture } from '../listing/picture-list.js';
import { tarEntries } from './tar.js';

const splitNames = { train: /train/i, test: /val|test/i } as const;
const pictureEndings = /^(jpe?g|png|webp|gif|tiff?|avif)$/i;
const namesFile = 'classnames.txt';

/**
 * WebDataset's tar shards: `*train*.tar` and `*val*.tar` or `*test*.tar` anywhere under `root`, with `KEY.jpg` (or png,
 * webp) and the class's number in `KEY.cls`. Class names come from classnames.txt, a line each; else they are numbers.
 * Throws a `DataError` that names the shard and the key of what is not so.
 */
export async function openWebdataset(root: string | null): Promise<{ train: Dataset; test: Dataset }> {
  if (root === null)
    throw new DataError('the dataset "webdataset" is a folder of yours.\nNext: set dataset.root to it');
  const folder = resolve(root);
  const shards = shardsUnder(folder);
  const named = await readFile(join(folder, namesFile), 'utf8').then(
    (text) => text.trim().split(/\r?\n/),
    () => null,
  );
  const train = await listShards(folder, shards.train, named);
  const test = await listShards(folder, shards.test, train.classes);
  return {
    train: fromFiles('webdataset', 'train', folder, train),
    test: fromFiles('webdataset', 'test', folder, test),
  };
}

function shardsUnder(root: string): { train: string[]; test: string[] } {
  const all = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.tar'))
    .sort();
  const of = (split: 'train' | 'test') => all.filter((path) => splitNames[split].test(path));
  const shards = { train: of('train'), test: of('test').filter((path) => !splitNames.train.test(path)) };
  if (shards.train.length > 0 && shards.test.length > 0) return shards;
  throw new DataError(
    `${root}: expected shards named like train-0000.tar and val-0000.tar, found ${all.length > 0 ? all.slice(0, 3).join(', ') : 'no .tar file'}`,
  );
}

async function listShards(root: string, shards: readonly string[], classes: readonly string[] | null) {
  const stamps = await Promise.all(
    shards.map(async (shard) => {
      const { size, ctimeMs } = await stat(join(root, shard));
      return [shard, size, ctimeMs];
    }),
  );
  const key = `webdataset ${root} ${shards[0]}`;
  return keptList(root, key, JSON.stringify([classes, stamps]), async (): Promise<PictureList> => {
    const pictures = shards.flatMap((shard) => picturesIn(root, join(root, shard)));
    const most = pictures.reduce((largest, { label }) => Math.max(largest, label), 0);
    const stranger = pictures.find(({ label }) => classes && label >= classes.length);
    if (classes && stranger) {
      throw new DataError(
        `${join(root, stranger.path)}: class ${stranger.label}, expected 0 to ${classes.length - 1}, those of ${namesFile} or the training set`,
      );
    }
    return listPictures(classes ?? Array.from({ length: most + 1 }, (_, number) => String(number)), pictures);
  });
}

/** A shard's samples: files that follow each other with one key, up to the first dot of the name. */
function picturesIn(root: string, shard: string): PlacedPicture[] {
  const file = openSync(shard, 'r');
  try {
    const pictures = new Map<string, { offset: number; bytes: number }>();
    const labels = new Map<string, number>();
    for (const { name, offset, size } of tarEntries(shard)) {
      const dot = name.length - basename(name).length + basename(name).indexOf('.');
      const [key, ending] = [name.slice(0, dot), name.slice(dot + 1)];
      if (pictureEndings.test(ending)) pictures.set(key, { offset, bytes: size });
      else if (ending === 'cls') labels.set(key, numberIn(file, offset, size, `${shard}: ${name}`));
    }
    return [...pictures].map(([key, place]) => {
      const label = labels.get(key);
      if (label === undefined) throw new DataError(`${shard}: the picture ${key} has no ${key}.cls`);
      if (place.bytes === 0) throw new DataError(`${shard}: the picture ${key} is empty`);
      return { path: relative(root, shard), ...place, label };
    });
  } finally {
    closeSync(file);
  }
}

function numberIn(file: number, offset: number, size: number, name: string): number {
  const bytes = Buffer.alloc(size);
  readSync(file, bytes, 0, size, offset);
  const text = bytes.toString('latin1').trim();
  if (!/^\d+$/.test(text)) throw new DataError(`${name} is "${text.slice(0, 20)}", expected the number of a class`);
  return Number(text);
}
