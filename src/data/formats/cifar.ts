import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset } from '../dataset.js';
import { DataError } from '../error.js';
import { inMemory } from '../listing/memory.js';
import type { Format } from './format.js';
import { gunzip } from './gunzip.js';
import { isPickledBytes, type Pickled, readPickle } from './pickle.js';
import { tarEntriesOf } from './tar.js';

/** A dataset as CIFAR is published: 32x32 pictures, channel after channel. */
export interface CifarSource {
  readonly name: string;
  readonly classes: readonly string[];
  /** Files of records: bytes before a picture, the last of which is the label. */
  readonly binary: CifarFiles & { readonly labelBytes: 1 | 2; readonly sha256: string };
  /** Files of Python's pickles: what their labels are called. */
  readonly pickles: CifarFiles & { readonly labels: string };
  readonly picturesPerFile: Readonly<Record<'train' | 'test', number>>;
  readonly mean: readonly [number, number, number];
  readonly sd: readonly [number, number, number];
}

interface CifarFiles {
  /** The archive as it is published, and the folder inside it. */
  readonly archive: string;
  readonly folder: string;
  readonly files: Readonly<Record<'train' | 'test', readonly string[]>>;
}

const SIDE = 32;
const AREA = SIDE * SIDE;

/** Pictures of one file: `[count, 3, 32, 32]` of bytes that begin every `stride`, and their labels. */
interface Records {
  readonly labels: ArrayLike<number>;
  readonly planes: Uint8Array;
  readonly first: number;
  readonly stride: number;
}

/** The binary version: the archive, or what was unpacked from it. */
export const cifarBinary = (source: CifarSource, next: () => string): Format => ({
  name: "CIFAR's binary files",
  recognise: async (root) => presence(source.binary, root),
  open: (root) =>
    open(source, source.binary, root, next, (bytes, file, count) => recordsIn(source, bytes, file, count)),
});

/** The Python version: the archive, or what was unpacked from it. Its pickles are read, not executed. */
export const cifarPickles = (source: CifarSource, next: () => string): Format => ({
  name: "CIFAR's Python pickles",
  recognise: async (root) => presence(source.pickles, root),
  open: (root) =>
    open(source, source.pickles, root, next, (bytes, file, count) => recordsInPickle(source, bytes, file, count)),
});

function presence({ archive, folder, files }: CifarFiles, root: string): string | null {
  const first = files.train[0] as string;
  // "train" alone could be anybody's folder.
  const places =
    first.includes('_') || first.includes('.') ? [first, join(folder, first), archive] : [join(folder, first), archive];
  const found = places.find((name) => existsSync(join(root, name)));
  return found ? `it has ${found}` : null;
}

type Take = (bytes: Uint8Array, file: string, count: number) => Records;

async function open(source: CifarSource, files: CifarFiles, root: string, next: () => string, take: Take) {
  const read = await reader(source.name, files, root, next);
  return { train: await openSplit('train'), test: await openSplit('test') };

  async function openSplit(split: 'train' | 'test'): Promise<Dataset> {
    const names = files.files[split];
    const each = source.picturesPerFile[split];
    const labels = new Uint8Array(names.length * each);
    const pixels = new Uint8Array(names.length * each * AREA * 3);
    const from = new Set<string>();
    for (const [at, name] of names.entries()) {
      const into = { labels: labels.subarray(at * each), pixels: pixels.subarray(at * each * AREA * 3) };
      const { bytes, file, path } = await read(name);
      from.add(path);
      interleave(take(bytes, file, each), file, source, each, into);
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
      files: [...from],
      remarks: [],
    });
  }
}

function recordsIn({ binary: { labelBytes } }: CifarSource, bytes: Uint8Array, file: string, count: number): Records {
  const stride = labelBytes + AREA * 3;
  if (bytes.length !== count * stride) {
    const state = bytes.length < count * stride ? 'truncated' : 'too long';
    throw new DataError(`${file}: ${state}: ${count} pictures need ${count * stride} bytes, found ${bytes.length}`);
  }
  const labels = Array.from({ length: count }, (_, at) => bytes[at * stride + labelBytes - 1] as number);
  return { labels, planes: bytes, first: labelBytes, stride };
}

function recordsInPickle({ pickles }: CifarSource, bytes: Uint8Array, file: string, count: number): Records {
  const content = readPickle(bytes, file);
  const field = (name: string): Pickled | undefined => (content instanceof Map ? content.get(name) : undefined);
  const data = field('data');
  const labels = field(pickles.labels);
  if (!isPickledBytes(data) || data.shape.length !== 2 || data.shape[0] !== count || data.shape[1] !== AREA * 3) {
    const found = isPickledBytes(data) ? `[${data.shape.join(', ')}]` : 'none';
    throw new DataError(`${file}: expected data of [${count}, ${AREA * 3}] bytes, found ${found}`);
  }
  if (!Array.isArray(labels) || labels.length !== count || labels.some((label) => typeof label !== 'number')) {
    throw new DataError(`${file}: expected a list of ${count} ${pickles.labels}`);
  }
  return { labels: labels as number[], planes: data.values, first: 0, stride: AREA * 3 };
}

/** Puts channels side by side. */
function interleave(
  { labels, planes, first, stride }: Records,
  file: string,
  { classes }: CifarSource,
  count: number,
  into: { labels: Uint8Array; pixels: Uint8Array },
): void {
  for (let picture = 0; picture < count; picture++) {
    const label = labels[picture] as number;
    if (!(label >= 0 && label < classes.length)) {
      throw new DataError(`${file}: label ${picture} is ${label}, expected 0 to ${classes.length - 1}`);
    }
    into.labels[picture] = label;
    const start = first + picture * stride;
    for (let at = 0, to = picture * AREA * 3; at < AREA; at++, to += 3) {
      into.pixels[to] = planes[start + at] as number;
      into.pixels[to + 1] = planes[start + AREA + at] as number;
      into.pixels[to + 2] = planes[start + 2 * AREA + at] as number;
    }
  }
}

/** Reads the files of a dataset, unpacked in `root`, in its folder there, or out of the archive there. */
async function reader(name: string, { archive, folder, files }: CifarFiles, root: string, next: () => string) {
  const first = files.train[0] as string;
  for (const place of [root, join(root, folder)]) {
    if (!(await readFile(join(place, first)).catch(() => null))) continue;
    return async (file: string) => ({
      bytes: await readFile(join(place, file)).catch(missing(join(place, file))),
      file: join(place, file),
      path: join(place, file),
    });
  }
  const path = join(root, archive);
  const packed = await readFile(path).catch(() => {
    throw new DataError(`${name} is not here: ${path} does not exist.\nNext: ${next()}`);
  });
  const bytes = gunzip(packed, path);
  const entries = new Map([...tarEntriesOf(bytes, path)].map((entry) => [entry.name.replace(/^\.\//, ''), entry]));
  return async (file: string) => {
    const entry = entries.get(`${folder}/${file}`);
    if (!entry) throw new DataError(`${path}: has no ${folder}/${file}`);
    return { bytes: bytes.subarray(entry.offset, entry.offset + entry.size), file: `${path}: ${file}`, path };
  };
}

const missing = (path: string) => (): never => {
  throw new DataError(`${path} does not exist`);
};
