import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { counted } from '../../words/counted.js';
import type { Dataset } from '../dataset.js';
import { DataError } from '../error.js';
import { inMemory } from '../listing/memory.js';
import { createRemarks, type Remarks } from '../remarks.js';
import type { Format } from './format.js';
import { type IdxArray, parseIdx } from './idx.js';

/** A dataset in MNIST's four files. */
export interface MnistSource {
  readonly name: string;
  readonly classes: readonly string[];
  /** Of all training pixels, as shares of white; null is measured. */
  readonly colours: { readonly mean: number; readonly sd: number } | null;
  /** SHA-256 of each file's content, unzipped: archives of the same content differ from packer to packer. */
  readonly sha256: Readonly<Record<MnistFile, string>> | null;
  /** MD5 of each file as it is published, packed; where only that is known. */
  readonly md5?: Readonly<Record<MnistFile, string>>;
  /** What the files' names begin with. */
  readonly prefix: string;
  /** How the test files' names go on. */
  readonly testName: 't10k' | 'test';
  /** torchvision's folder for it. */
  readonly folder: string;
  /** The label of the first class. */
  readonly firstLabel: number;
  /** Whether pictures are stored column after column. */
  readonly transposed: boolean;
}

export const mnistFiles = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
] as const;
export type MnistFile = (typeof mnistFiles)[number];

/**
 * The four files, gzipped or not, in a folder or in torchvision's `NAME/raw` there, under the names that they are
 * published with or with Kaggle's dot (`train-images.idx3-ubyte`). `known` are all sources whose checksums tell one
 * dataset's files from another's.
 */
export function mnistFormat(source: MnistSource, known: readonly MnistSource[], next: () => string): Format {
  return {
    name: "MNIST's four files",
    async recognise(root) {
      const path = await findFile(source, root, mnistFiles[0]);
      return path ? `it has ${relative(root, path)}` : null;
    },
    async open(root) {
      const train = await openSplit(source, known, root, 'train', next);
      const test = await openSplit(source, known, root, 'test', next);
      const colours = source.colours ?? coloursOf(train.pixels);
      const [mean, sd] = [colours.mean, colours.sd].map((value) => [value, value, value] as const);
      const finish = ({ pixels, ...split }: Split): Dataset =>
        inMemory({
          name: source.name,
          classes: source.classes,
          pixels,
          mean: mean as never,
          sd: sd as never,
          ...split,
        });
      return { train: finish(train), test: finish(test) };
    },
  };
}

interface Split {
  readonly split: 'train' | 'test';
  readonly labels: Uint8Array;
  readonly pixels: Uint8Array;
  readonly size: { readonly height: number; readonly width: number; readonly channels: 1 };
  readonly fingerprint: string;
  readonly files: readonly string[];
  readonly remarks: Dataset['remarks'];
}

async function openSplit(
  source: MnistSource,
  known: readonly MnistSource[],
  root: string,
  split: 'train' | 'test',
  next: () => string,
): Promise<Split> {
  const { name, classes, firstLabel } = source;
  const remarks = createRemarks();
  const files: string[] = [];
  const [imagesFile, labelsFile] = split === 'train' ? ([0, 1] as const) : ([2, 3] as const);
  const pictures = await read(mnistFiles[imagesFile], 3);
  const stored = await read(mnistFiles[labelsFile], 1);
  const [count, rows, columns] = pictures.shape as [number, number, number];
  if (rows * columns === 0) throw new DataError(`${root}: ${split} pictures of ${rows}x${columns} pixels`);
  if (stored.shape[0] !== count) {
    throw new DataError(
      `${root}: ${counted(count, `${split} picture`)}, but ${counted(stored.shape[0] ?? 0, 'label')}`,
    );
  }
  const last = firstLabel + classes.length - 1;
  const wrong = stored.values.findIndex((label) => label < firstLabel || label > last);
  if (wrong >= 0) {
    throw new DataError(
      `${root}: ${split} label ${wrong} is ${stored.values[wrong]}, expected ${firstLabel} to ${last}`,
    );
  }
  const pixels = source.transposed ? transposed(pictures.values, rows, columns) : pictures.values;
  const labels = firstLabel === 0 ? stored.values : stored.values.map((label) => label - firstLabel);
  const [height, width] = source.transposed ? [columns, rows] : [rows, columns];
  const fingerprint = createHash('sha256').update(pixels).update(labels).digest('hex').slice(0, 16);
  return {
    split,
    labels,
    pixels,
    size: { height, width, channels: 1 },
    fingerprint: `${name}-${split}-${fingerprint}`,
    files,
    remarks: remarks.all(),
  };

  async function read(file: MnistFile, rank: number): Promise<IdxArray> {
    const path = await findFile(source, root, file);
    if (!path) {
      throw new DataError(
        `${name} is not here: ${join(root, publishedName(source, file))}.gz does not exist.\nNext: ${next()}`,
      );
    }
    const bytes = await readFile(path).catch((error: Error) => {
      throw new DataError(`${path}: ${error.message}`);
    });
    files.push(path);
    const array = parseIdx(bytes, path, rank);
    tellApart(source, known, file, { path, bytes }, array, remarks);
    return array;
  }
}

/** Throws a `DataError` for another dataset's file; remarks one that is not what was published, as far as that is known. */
function tellApart(
  source: MnistSource,
  known: readonly MnistSource[],
  file: MnistFile,
  { path, bytes }: FoundFile,
  array: IdxArray,
  remarks: Remarks,
): void {
  const sha256 = array.sha256();
  const md5 = createHash('md5').update(bytes).digest('hex');
  for (const other of known) {
    for (const name of mnistFiles) {
      if (other.sha256?.[name] !== sha256 && other.md5?.[name] !== md5) continue;
      if (other.name === source.name && name === file) return;
      const wanted = other.name === source.name ? `its ${publishedName(source, file)}` : `of ${source.name}`;
      throw new DataError(`${path}: this is ${publishedName(other, name)} of ${other.name}, not ${wanted}`);
    }
  }
  const what = source.sha256
    ? `whose checksum is not that of the published ${source.name}`
    : `without a known checksum: taken for ${source.name} by its name`;
  remarks.add({ kind: 'unchecked', noun: 'file', what, quiet: source.sha256 === null }, path);
}

interface FoundFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const publishedName = ({ prefix, testName }: MnistSource, file: MnistFile): string =>
  `${prefix}${file.replace('t10k', testName)}`;

async function findFile(source: MnistSource, root: string, file: MnistFile): Promise<string | null> {
  const usual = publishedName(source, file);
  const dotted = usual.replace(/-(idx\d-ubyte)$/, '.$1');
  for (const folder of [root, join(root, source.folder, 'raw'), join(root, 'raw'), join(root, 'gzip')]) {
    for (const name of [`${usual}.gz`, usual, `${dotted}.gz`, dotted]) {
      const path = join(folder, name);
      // Kaggle has a folder of the file's name, too, with the file in it.
      const isFile = await stat(path).then(
        (found) => found.isFile(),
        () => false,
      );
      if (isFile) return path;
    }
  }
  return null;
}

/** `[N, columns, rows]` to `[N, rows, columns]`. */
function transposed(pixels: Uint8Array, columns: number, rows: number): Uint8Array {
  const turned = new Uint8Array(pixels.length);
  const area = rows * columns;
  for (let start = 0; start < pixels.length; start += area) {
    for (let row = 0, to = start; row < rows; row++) {
      for (let column = 0; column < columns; column++) turned[to++] = pixels[start + column * rows + row] as number;
    }
  }
  return turned;
}

/** Mean and standard deviation of all pixels, as shares of white. */
function coloursOf(pixels: Uint8Array): { mean: number; sd: number } {
  const counts = new Float64Array(256);
  for (const pixel of pixels) counts[pixel] = (counts[pixel] as number) + 1;
  const moment = (power: number) =>
    counts.reduce((sum, count, value) => sum + count * (value / 255) ** power, 0) / pixels.length;
  const mean = moment(1);
  // A set of one grey has none to divide by.
  return { mean, sd: Math.sqrt(moment(2) - mean ** 2) || 1 };
}
