import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../../error.js';
import { gunzip } from '../gunzip.js';
import { tarEntriesOf } from '../tar.js';
import { readStructures } from './mat.js';

const kit = 'ILSVRC2012_devkit_t12';
const archive = `${kit}.tar.gz`;
const truths = ['ILSVRC2012_validation_ground_truth.txt', 'ILSVRC2015_clsloc_validation_ground_truth.txt'] as const;
const matlab = 'meta.mat';
const plain = 'map_clsloc.txt';
const solution = 'LOC_val_solution.csv';

/** What says the classes of validation pictures that lie in no class folders. */
export interface GroundTruth {
  /** Where it was found. */
  readonly file: string;
  /** Of its content. */
  readonly digest: string;
  /** The class (WordNet id) of a picture by its name without ending; undefined where it has none. */
  classOf(stem: string): string | undefined;
}

/**
 * Looks for Kaggle's `LOC_val_solution.csv` and for the development kit, unpacked or packed, of 2012 (`meta.mat`) or
 * later (`map_clsloc.txt`), in some folders. Throws a `DataError` where there is none, or a damaged one.
 */
export async function groundTruth(folders: readonly string[]): Promise<GroundTruth> {
  for (const folder of folders) {
    const found = (await fromKit(folder)) ?? (await fromSolution(join(folder, solution)));
    if (found) return found;
  }
  throw new DataError(
    `${folders[0]} has validation pictures without class folders, but neither ${archive} nor ${kit}, nor Kaggle's ${solution}, which say their classes.\nNext: put one of them beside the pictures`,
  );
}

type ReadFile = (name: string) => Promise<Uint8Array | null>;

async function fromKit(folder: string): Promise<GroundTruth | null> {
  for (const place of [join(folder, kit, 'data'), join(folder, 'devkit', 'data')]) {
    const found = await readKit(place, (name) => readFile(join(place, name)).catch(() => null));
    if (found) return found;
  }
  const path = join(folder, archive);
  const packed = await readFile(path).catch(() => null);
  if (!packed) return null;
  const bytes = gunzip(packed, path);
  const entries = new Map([...tarEntriesOf(bytes, path)].map((entry) => [entry.name.replace(/^\.\//, ''), entry]));
  const found = await readKit(path, async (name) => {
    const entry = entries.get(`${kit}/data/${name}`);
    return entry ? bytes.subarray(entry.offset, entry.offset + entry.size) : null;
  });
  if (!found) throw new DataError(`${path}: has no ${kit}/data/${truths[0]} beside ${matlab} or ${plain}`);
  return found;
}

async function readKit(place: string, read: ReadFile): Promise<GroundTruth | null> {
  const [truth] = (await Promise.all(truths.map(read))).filter((bytes) => bytes !== null);
  const [synsets, map] = await Promise.all([read(matlab), read(plain)]);
  if (!truth || !(synsets ?? map)) return null;
  const names = synsets
    ? namesInMatlab(synsets, `${place}: ${matlab}`)
    : namesInMap(map as Uint8Array, `${place}: ${plain}`);
  const lines = Buffer.from(truth).toString('latin1').trim().split(/\s+/);
  const classes = lines.map((line, at) => {
    const name = names.get(Number(line));
    if (name === undefined)
      throw new DataError(`${place}: line ${at + 1} of the ground truth is "${line.slice(0, 20)}", which is no synset`);
    return name;
  });
  const digest = digestOf(truth, synsets ?? (map as Uint8Array));
  return { file: place, digest, classOf: (stem) => classes[Number(/_(\d+)$/.exec(stem)?.[1]) - 1] };
}

function namesInMatlab(bytes: Uint8Array, where: string): Map<number, string> {
  const rows = structures(bytes);
  if (!rows) throw new DataError(`${where} is not the table of synsets that it should be`);
  return new Map(rows.map(([id, name]) => [id as number, name as string]));
}

/** Null, too, where the bytes are damaged: they lead out of themselves, or are no deflated data. */
function structures(bytes: Uint8Array) {
  try {
    return readStructures(bytes, ['ILSVRC2012_ID', 'WNID']);
  } catch (error) {
    if (error instanceof RangeError || 'code' in (error as Error)) return null;
    throw error;
  }
}

/** Lines such as `n02119789 1 kit_fox`. */
function namesInMap(bytes: Uint8Array, where: string): Map<number, string> {
  const lines = Buffer.from(bytes).toString('utf8').trim().split(/\r?\n/);
  return new Map(
    lines.map((line, at) => {
      const [, name, id] = /^(n\d{8})\s+(\d+)(\s|$)/.exec(line) ?? [];
      if (!name)
        throw new DataError(`${where}: line ${at + 1} is "${line.slice(0, 40)}", expected a WordNet id and a number`);
      return [Number(id), name];
    }),
  );
}

/** Lines such as `ILSVRC2012_val_00048981,n03995372 85 1 499 272`: a class and a box, perhaps several. */
async function fromSolution(path: string): Promise<GroundTruth | null> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  const [head, ...lines] = text.trim().split(/\r?\n/);
  if (head?.replace(/^\uFEFF/, '') !== 'ImageId,PredictionString') {
    throw new DataError(`${path}: expected the columns ImageId,PredictionString, found "${head?.slice(0, 60)}"`);
  }
  const classes = new Map(
    lines.map((line, at) => {
      const [, stem, name] = /^([^,]+),(n\d{8})(\s|$)/.exec(line) ?? [];
      if (!stem || !name)
        throw new DataError(`${path}: line ${at + 2} is "${line.slice(0, 40)}", expected a picture and a WordNet id`);
      return [stem, name];
    }),
  );
  return { file: path, digest: digestOf(Buffer.from(text)), classOf: (stem) => classes.get(stem) };
}

function digestOf(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 16);
}
