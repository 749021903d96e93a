import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { decompress as unpackZstandard } from 'fzstd';
import type { AsyncBuffer, FileMetaData } from 'hyparquet';
import { dataFolder } from '../cache.js';
import { DataError } from '../error.js';
import { fromFiles } from '../listing/files.js';
import { formatOf } from '../pictures/decoders/signature.js';
import { byCodePoint } from './class-order.js';
import type { Format } from './format.js';
import { elsewhere, unlisted } from './misplaced.js';
import { type SortedFiles, sortBySplit } from './split-words.js';
import { appendToTar, endTar } from './tar-writer.js';
import { listShards } from './webdataset.js';

const endings = {
  jpeg: 'jpg',
  png: 'png',
  webp: 'webp',
  gif: 'gif',
  tiff: 'tif',
  avif: 'avif',
  bmp: 'bmp',
  netpbm: 'ppm',
};
/** Copies are a little larger than what they are made of. */
const room = 1.1;

/**
 * Pictures in Parquet as Hugging Face's datasets have them: files named by train and by test or validation anywhere
 * under a folder, with a column of pictures (`bytes` and `path`) and one of classes. Parquet is not made to be read a row
 * at a time in any order: pictures are copied once into the cache, as WebDataset's shards, byte for byte.
 *
 * @param name the dataset's.
 * @param tested which files are tested on where both are there: ImageNet's test set has no classes.
 */
export const parquetFiles = (name: string, tested: 'test' | 'validation'): Format => ({
  name: "Hugging Face's Parquet files",
  async recognise(root) {
    if (!existsSync(root)) return null;
    const { train, test } = sortBySplit(await filesUnder(root), tested);
    return train[0] && test[0] ? `${train[0]} and ${test[0]} (${train.length} and ${test.length} files)` : null;
  },
  async open(root) {
    const folder = resolve(root);
    const all = await filesUnder(folder);
    const files = sortBySplit(all, tested);
    if (files.train.length === 0 || files.test.length === 0) {
      const found = all.length > 0 ? all.slice(0, 3).join(', ') : 'no .parquet file';
      const next = elsewhere(root, 'parquet');
      throw new DataError(
        `${root}: expected files named like train-0000.parquet and test-0000.parquet, found ${found}${next ? `.\nNext: ${next}` : ''}`,
      );
    }
    const { metadata, columns } = await openFile(join(folder, files.train[0] as string));
    const classes = classNames(metadata, columns.label);
    const copies = await copied(folder, files);
    const train = await listShards(copies, ['train.tar'], classes, files.ofTrain);
    const test = await listShards(copies, ['test.tar'], train.classes, files.ofTest);
    return { train: fromFiles(name, 'train', copies, train), test: fromFiles(name, 'test', copies, test) };
  },
});

async function filesUnder(root: string): Promise<string[]> {
  const all = await readdir(root, { recursive: true, encoding: 'utf8' }).catch((error: Error) => {
    throw unlisted(root, error);
  });
  return all.filter((path) => path.endsWith('.parquet')).sort(byCodePoint);
}

/** Loaded when a Parquet file is opened: most commands open none. */
const loadReader = () => import('hyparquet');

interface Columns {
  readonly image: string;
  readonly label: string;
}

interface OpenFile {
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly columns: Columns;
}

async function openFile(path: string): Promise<OpenFile> {
  const { asyncBufferFromFile, parquetMetadataAsync } = await loadReader();
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file).catch((error: Error) => {
    throw new DataError(`${path}: not a whole Parquet file: ${error.message}`);
  });
  return { file, metadata, columns: columnsOf(metadata, path) };
}

interface Feature {
  readonly _type?: string;
  readonly names?: readonly string[];
}

/** What Hugging Face's datasets write about the columns; empty where a file is of somebody else. */
function featuresOf(metadata: FileMetaData): Readonly<Record<string, Feature>> {
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value;
  if (!text) return {};
  try {
    return JSON.parse(text)?.info?.features ?? {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** The columns of pictures and of classes: by what the features say, else by their usual names. */
function columnsOf(metadata: FileMetaData, path: string): Columns {
  const features = Object.entries(featuresOf(metadata));
  const present = new Set(metadata.schema.map(({ name }) => name));
  const images = features.filter(([, { _type }]) => _type === 'Image').map(([name]) => name);
  const labels = features.filter(([, { _type }]) => _type === 'ClassLabel').map(([name]) => name);
  const image = [...images, 'image', 'img'].find((name) => present.has(name));
  const label = ['label', 'labels', 'fine_label', ...labels].find((name) => present.has(name));
  if (image && label) return { image, label };
  throw new DataError(
    `${path}: expected a column of pictures (image) and one of classes (label), found ${[...present].slice(1, 9).join(', ')}`,
  );
}

function classNames(metadata: FileMetaData, label: string): readonly string[] | null {
  const names = featuresOf(metadata)[label]?.names;
  return Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : null;
}

/** The folder with both splits' copies, made where it is not there. */
async function copied(root: string, files: SortedFiles): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const path of [...files.train, ...files.test]) {
    const { size: length, ctimeMs } = await stat(join(root, path));
    hash.update(JSON.stringify([path, length, ctimeMs]));
    bytes += length;
  }
  const folder = join(dataFolder('parquet'), hash.digest('hex').slice(0, 16));
  if (existsSync(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const { bavail, bsize } = await statfs(dirname(folder));
  const size = (count: number) =>
    count < 2 ** 30 ? `${Math.ceil(count / 2 ** 20)} MiB` : `${(count / 2 ** 30).toFixed(1)} GiB`;
  if (bavail * bsize < bytes * room) {
    throw new DataError(
      `${root}: its pictures have to be copied once, ${size(bytes)}; ${dirname(folder)} has ${size(bavail * bsize)} free.\nNext: set ABLATE_CACHE to a folder with more`,
    );
  }
  process.stderr.write(`${root}: copying pictures out of Parquet into ${folder}, ${size(bytes)}, once\n`);
  const partial = `${folder}.partial-${process.pid}`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial);
  try {
    for (const split of ['train', 'test'] as const) await copySplit(root, files[split], join(partial, `${split}.tar`));
    // Whoever else has copied the same meanwhile has the same.
    if (!existsSync(folder)) await rename(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return folder;
}

async function copySplit(root: string, paths: readonly string[], target: string): Promise<void> {
  const archive = await open(target, 'w');
  try {
    let number = 0;
    for (const path of paths) {
      for await (const { picture, label } of rowsOf(join(root, path))) {
        const key = String(number++).padStart(9, '0');
        const format = formatOf(picture);
        await appendToTar(archive, `${key}.${format ? endings[format] : 'jpg'}`, picture);
        await appendToTar(archive, `${key}.cls`, Buffer.from(String(label)));
      }
    }
    await endTar(archive);
  } finally {
    await archive.close();
  }
}

/** A file's rows, a group of them in memory at a time. */
async function* rowsOf(path: string): AsyncGenerator<{ picture: Uint8Array; label: number }> {
  const { file, metadata, columns } = await openFile(path);
  const { parquetReadObjects } = await loadReader();
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const names = [columns.image, columns.label];
    const rows = await parquetReadObjects({
      file,
      metadata,
      columns: names,
      rowStart,
      rowEnd,
      utf8: false,
      compressors,
    }).catch((error: Error) => {
      throw unread(path, `rows ${rowStart} to ${rowEnd}`, error.message);
    });
    for (const [at, row] of rows.entries()) {
      const where = `${path}: row ${rowStart + at}`;
      const image: unknown = row[columns.image];
      const picture = image instanceof Uint8Array ? image : (image as { bytes?: unknown } | null)?.bytes;
      if (!(picture instanceof Uint8Array) || picture.length === 0) {
        throw new DataError(`${where} has no picture in ${columns.image}, perhaps a path only`);
      }
      yield { picture, label: classIn(row[columns.label], `${where} has the class`, columns.label) };
    }
    rowStart = rowEnd;
  }
}

function classIn(value: unknown, where: string, column: string): number {
  const label = typeof value === 'number' || typeof value === 'bigint' ? Number(value) : Number.NaN;
  if (Number.isInteger(label) && label >= 0) return label;
  const told = value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
  throw new DataError(
    typeof told === 'string'
      ? `${where} ${JSON.stringify(told.slice(0, 40))} in ${column}, a text; expected a number.\nNext, in Python with datasets, for all splits together: dataset.class_encode_column('${column}')`
      : `${where} ${told} in ${column}: a set without classes?\nNext: take such files out of the folder`,
  );
}

/** A path in Python's quotes. */
const pythonText = (path: string): string => `'${path.replace(/[\\']/g, '\\$&')}'`;

/** Of a packing that is not read, the way to another. */
function unread(path: string, rows: string, message: string): DataError {
  const codec = /unsupported compression codec: (\w+)/.exec(message)?.[1];
  if (codec === undefined) return new DataError(`${path}: ${rows}: ${message}`);
  const name = pythonText(path);
  return new DataError(
    `${path}: packed by ${codec}; Snappy, gzip, Brotli, Zstandard and unpacked files are read.\nNext, in Python with pyarrow:\n  import pyarrow.parquet as pq\n  pq.write_table(pq.read_table(${name}), ${name}, compression='snappy')`,
  );
}

/** Beside Snappy, which the reader brings; a page says how long it is unpacked. */
const compressors = {
  GZIP: (bytes: Uint8Array, length: number) => whole(gunzipSync(bytes, atMost(length)), length),
  BROTLI: (bytes: Uint8Array, length: number) => whole(brotliDecompressSync(bytes, atMost(length)), length),
  ZSTD: (bytes: Uint8Array, length: number) => whole(unpackZstandard(bytes), length),
};

const atMost = (length: number) => ({ maxOutputLength: Math.max(1, length) });

function whole(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new Error(`a page unpacks to ${bytes.length} bytes; expected ${length}`);
  return bytes;
}
