import { closeSync, openSync, readSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { grouped } from '../../words/counted.js';
import { DataError } from '../error.js';
import { fromFiles } from '../listing/files.js';
import { keptList } from '../listing/kept-list.js';
import { listPictures, type PictureList, type PlacedPicture } from '../listing/picture-list.js';
import { firstPicture, isOtherPicture, isPicture } from '../pictures/endings.js';
import { createRemarks, type Remark, type Remarks } from '../remarks.js';
import { byCodePoint } from './class-order.js';
import type { Format } from './format.js';
import { elsewhere, unlisted } from './misplaced.js';
import { type SortedFiles, sortBySplit } from './split-words.js';
import { tarEntries } from './tar.js';

const namesFile = 'classnames.txt';
/** ImageNet-22K has 21,841; a label far above is damage, and would make as many names. */
const mostClasses = 1_000_000;
/** Of a .cls file, in bytes. */
const longestLabel = 32;

/**
 * WebDataset's tar shards: those named by train and by test (or val, validation) anywhere under a folder, with a picture
 * and its class's number in `KEY.cls`. A sample is what webdataset 1.0.2 makes one: files that follow each other with one
 * name up to its first dot; its picture is the field `jpg`, else `jpeg`, `png`, `webp`, ... Class names come from
 * classnames.txt, a line each; else they are numbers.
 */
export const webdatasetShards: Format = {
  name: "WebDataset's tar shards",
  async recognise(root) {
    const { train, test } = sorted(await tarsUnder(root));
    return train[0] && test[0] ? `${train[0]} and ${test[0]} (${train.length} and ${test.length} shards)` : null;
  },
  async open(root) {
    const folder = resolve(root);
    const all = await tarsUnder(folder);
    const shards = sorted(all);
    if (shards.train.length === 0 || shards.test.length === 0) {
      const found = all.length > 0 ? all.slice(0, 3).join(', ') : 'no .tar file';
      const packed = all.length > 0 && all.every((path) => !path.endsWith('.tar'));
      const next = packed ? 'unpack them to .tar: pictures are read where they lie' : elsewhere(root, 'webdataset');
      throw new DataError(
        `${root}: expected shards named like train-0000.tar and val-0000.tar, found ${found}${next ? `.\nNext: ${next}` : ''}`,
      );
    }
    const named = await readFile(join(folder, namesFile), 'utf8').then(
      (text) => text.trim().split(/\r?\n/),
      () => null,
    );
    const train = await listShards(folder, shards.train, named, shards.ofTrain);
    const test = await listShards(folder, shards.test, train.classes, shards.ofTest);
    return {
      train: fromFiles('webdataset', 'train', folder, train),
      test: fromFiles('webdataset', 'test', folder, test),
    };
  },
};

/** Tars at any depth, packed ones too, sorted. */
async function tarsUnder(root: string): Promise<string[]> {
  const all = await readdir(root, { recursive: true, encoding: 'utf8' }).catch((error: Error) => {
    throw unlisted(root, error);
  });
  return all.filter((path) => /\.(tar|tgz|tar\.\w+)$/.test(path)).sort(byCodePoint);
}

/** The uncompressed ones by their splits; compressed ones are remarked. */
function sorted(all: readonly string[]): SortedFiles {
  const shards = sortBySplit(all.filter((path) => path.endsWith('.tar')));
  const remarks = createRemarks();
  remarks.join(shards.ofTrain);
  for (const path of all.filter((one) => !one.endsWith('.tar'))) {
    remarks.add({ kind: 'dropped', noun: 'shard', what: 'left out: compressed; unpack it to .tar' }, path);
  }
  return { ...shards, ofTrain: remarks.all() };
}

/** Lists the samples of shards under `root`, whose classes have the names of `classes` or else their numbers. */
export async function listShards(
  root: string,
  shards: readonly string[],
  classes: readonly string[] | null,
  before: readonly Remark[],
): Promise<PictureList> {
  const stamps = await Promise.all(
    shards.map(async (shard) => {
      const { size, ctimeMs } = await stat(join(root, shard));
      return [shard, size, ctimeMs];
    }),
  );
  const key = `webdataset ${root} ${shards[0]}`;
  const list = await keptList(root, key, JSON.stringify([classes, stamps]), async (): Promise<PictureList> => {
    const remarks = createRemarks();
    const pictures = shards.flatMap((shard) => picturesIn(root, join(root, shard), remarks));
    if (pictures.length === 0)
      throw new DataError(`${root}: ${shards.join(', ')}: no samples with a picture and a class`);
    const most = pictures.reduce((largest, { label }) => Math.max(largest, label), 0);
    const stranger = pictures.find(({ label }) => classes && label >= classes.length);
    if (classes && stranger) {
      throw new DataError(
        `${join(root, stranger.path)}: class ${stranger.label}, expected 0 to ${classes.length - 1}, those of ${namesFile} or the training set`,
      );
    }
    return listPictures(
      classes ?? Array.from({ length: most + 1 }, (_, number) => String(number)),
      pictures,
      remarks.all(),
    );
  });
  return { ...list, remarks: [...before, ...list.remarks] };
}

interface Sample {
  readonly key: string;
  /** By what follows the key's dot, in small letters. */
  readonly fields: Map<string, { readonly offset: number; readonly size: number }>;
}

/** webdataset's `group_by_keys`: files that follow each other with one key. One field twice is an error there, too. */
function* samplesIn(shard: string, remarks: Remarks): Generator<Sample> {
  let sample = null as Sample | null;
  for (const { name, offset, size } of tarEntries(shard, { remarks })) {
    if (/^__[^/]*__($|\/)/.test(name)) {
      remarks.add(
        { kind: 'dropped', noun: 'file', what: 'of metadata left out, as webdataset does', quiet: true },
        name,
      );
      continue;
    }
    const parts = /^((?:.*\/|)[^.]+)[.]([^/]*)$/s.exec(name);
    if (!parts) {
      const hidden = basename(name).startsWith('.');
      const what = hidden ? 'left out: hidden' : 'left out: no ending';
      remarks.add({ kind: 'dropped', noun: 'file', what, quiet: hidden }, `${shard}: ${name}`);
      continue;
    }
    const [key, field] = [parts[1] as string, (parts[2] as string).toLowerCase()];
    if (sample?.key !== key) {
      if (sample) yield sample;
      sample = { key, fields: new Map() };
    }
    if (sample.fields.has(field)) throw new DataError(`${shard}: ${name} is there twice`);
    sample.fields.set(field, { offset, size });
  }
  if (sample) yield sample;
}

function picturesIn(root: string, shard: string, remarks: Remarks): PlacedPicture[] {
  const file = openSync(shard, 'r');
  try {
    const pictures: PlacedPicture[] = [];
    for (const { key, fields } of samplesIn(shard, remarks)) {
      const name = `${shard}: ${key}`;
      const picture = chosenPicture(fields.keys(), shard, key, remarks);
      const label = fields.get('cls');
      if (picture === null) continue;
      if (!label) {
        throw new DataError(
          `${shard}: the picture ${key}.${picture} has no ${key}.cls beside it (found ${[...fields.keys()].join(', ')}; a sample's files follow each other)`,
        );
      }
      const { offset, size } = fields.get(picture) as { offset: number; size: number };
      if (size === 0) throw new DataError(`${shard}: the picture ${key}.${picture} is empty`);
      const number = numberIn(file, label, `${name}.cls`);
      pictures.push({ path: relative(root, shard), offset, bytes: size, label: number });
    }
    return pictures;
  } finally {
    closeSync(file);
  }
}

/** The field that is a sample's picture; null where it has none. What is passed over is remarked. */
function chosenPicture(fields: Iterable<string>, shard: string, key: string, remarks: Remarks): string | null {
  const name = `${shard}: ${key}`;
  const all = [...fields];
  const picture = firstPicture(all) ?? null;
  const dotted = all.filter((field) => field.includes('.') && isPicture(field));
  if (picture === null && dotted.length > 0) {
    throw new DataError(
      `${name}.${dotted[0]}: webdataset takes a name up to its first dot for the key, so that this is the field "${dotted[0]}" of ${key} and no picture.\nNext: write the names with one dot only`,
    );
  }
  if (picture === null) {
    const other = all.find(isUnread);
    const what = other ? `left out: .${other} is a format that is not read` : 'left out: no picture among its files';
    remarks.add({ kind: 'dropped', noun: 'sample', what }, name);
    return null;
  }
  const others = all.filter((field) => field !== picture && field !== 'cls');
  for (const field of others) {
    const isPlain = !field.includes('.') && (isPicture(`.${field}`) || isUnread(field));
    // A picture with dots and a class of its own was meant for a sample of its own; a mask beside a picture was not.
    const isPair = isPicture(field) && all.includes(field.replace(/[^.]*$/, 'cls'));
    const what = isPlain
      ? `with .${picture} beside .${field}: .${picture} is the picture`
      : isPair
        ? `with a picture .${field} and its class left out: a name goes up to its first dot`
        : `with a field .${field}, not used`;
    remarks.add({ kind: isPlain ? 'chosen' : 'dropped', noun: 'sample', what, quiet: !isPlain && !isPair }, name);
  }
  return picture;
}

const isUnread = (field: string): boolean => isOtherPicture(`.${field}`);

function numberIn(file: number, { offset, size }: { offset: number; size: number }, name: string): number {
  const bytes = Buffer.alloc(Math.min(size, longestLabel));
  const read = readSync(file, bytes, 0, bytes.length, offset);
  const text = bytes.toString('latin1', 0, read).trim();
  const number = Number(text);
  if (size > longestLabel || !/^\d+$/.test(text) || number >= mostClasses) {
    throw new DataError(
      `${name} is "${text.slice(0, 20)}", expected the number of a class, below ${grouped(mostClasses)}`,
    );
  }
  return number;
}
