import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Dataset } from '../dataset.js';
import { DataError } from '../error.js';
import { inMemory } from '../listing/memory.js';
import { tarEntriesOf } from './tar.js';

/** A dataset in CIFAR's binary format: records of labels and a 32x32 picture, channel after channel. */
export interface CifarSource {
  readonly name: string;
  /** The archive as it is published, and the folder inside it. */
  readonly archive: string;
  readonly folder: string;
  readonly sha256: string;
  readonly classes: readonly string[];
  /** Bytes before a picture; the last one is the label. */
  readonly labelBytes: 1 | 2;
  readonly files: Readonly<Record<'train' | 'test', readonly string[]>>;
  readonly picturesPerFile: Readonly<Record<'train' | 'test', number>>;
  readonly mean: readonly [number, number, number];
  readonly sd: readonly [number, number, number];
}

const SIDE = 32;
const AREA = SIDE * SIDE;

/**
 * Opens both splits from a folder that has the archive, or what was unpacked from it. Throws a `DataError` naming what
 * is missing or damaged.
 */
export async function openCifar(
  source: CifarSource,
  root: string,
  next: string,
): Promise<{ train: Dataset; test: Dataset }> {
  const read = await reader(source, root, next);
  return { train: await openSplit('train'), test: await openSplit('test') };

  async function openSplit(split: 'train' | 'test'): Promise<Dataset> {
    const names = source.files[split];
    const each = source.picturesPerFile[split];
    const labels = new Uint8Array(names.length * each);
    const pixels = new Uint8Array(names.length * each * AREA * 3);
    for (const [at, name] of names.entries()) {
      const into = { labels: labels.subarray(at * each), pixels: pixels.subarray(at * each * AREA * 3) };
      readRecords(await read(name), name, source, each, into);
    }
    const fingerprint = createHash('sha256').update(pixels).update(labels).digest('hex').slice(0, 16);
    return inMemory({
      name: source.name,
      split,
      classes: source.classes,
      labels,
      pixels,
      size: { height: SIDE, width: SIDE, channels: 3 },
      mean: source.mean,
      sd: source.sd,
      fingerprint: `${source.name}-${split}-${fingerprint}`,
    });
  }
}

/** Takes records apart, channels interleaved. */
function readRecords(
  bytes: Uint8Array,
  file: string,
  { classes, labelBytes }: CifarSource,
  count: number,
  into: { labels: Uint8Array; pixels: Uint8Array },
): void {
  const record = labelBytes + AREA * 3;
  if (bytes.length !== count * record) {
    const state = bytes.length < count * record ? 'truncated' : 'too long';
    throw new DataError(`${file}: ${state}: ${count} pictures need ${count * record} bytes, found ${bytes.length}`);
  }
  for (let picture = 0; picture < count; picture++) {
    const start = picture * record + labelBytes;
    const label = bytes[start - 1] as number;
    if (label >= classes.length) {
      throw new DataError(`${file}: label ${picture} is ${label}, expected 0 to ${classes.length - 1}`);
    }
    into.labels[picture] = label;
    for (let at = 0, to = picture * AREA * 3; at < AREA; at++, to += 3) {
      into.pixels[to] = bytes[start + at] as number;
      into.pixels[to + 1] = bytes[start + AREA + at] as number;
      into.pixels[to + 2] = bytes[start + 2 * AREA + at] as number;
    }
  }
}

/** Reads the files of a dataset, unpacked in `root`, in its folder there, or out of the archive there. */
async function reader({ name, archive, folder, files }: CifarSource, root: string, next: string) {
  const first = files.train[0] as string;
  for (const place of [root, join(root, folder)]) {
    const present = await readFile(join(place, first)).catch(() => null);
    if (present) return (file: string) => readFile(join(place, file)).catch(missing(join(place, file)));
  }
  const path = join(root, archive);
  const packed = await readFile(path).catch(() => {
    throw new DataError(`${name} is not here: ${path} does not exist.\nNext: ${next}`);
  });
  const bytes = unzip(packed, path);
  const entries = new Map([...tarEntriesOf(bytes, path)].map((entry) => [entry.name.replace(/^\.\//, ''), entry]));
  return async (file: string): Promise<Uint8Array> => {
    const entry = entries.get(`${folder}/${file}`);
    if (!entry) throw new DataError(`${path}: has no ${folder}/${file}`);
    return bytes.subarray(entry.offset, entry.offset + entry.size);
  };
}

const missing = (path: string) => (): never => {
  throw new DataError(`${path} does not exist`);
};

function unzip(bytes: Uint8Array, path: string): Uint8Array {
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw new DataError(`${path}: damaged gzip data: ${(error as Error).message}`);
  }
}
