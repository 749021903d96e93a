import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DataError } from '../../error.js';
import { tarEntriesOf } from '../tar.js';
import { readStructures } from './mat.js';

const folder = 'ILSVRC2012_devkit_t12';
const archive = `${folder}.tar.gz`;
const truth = 'data/ILSVRC2012_validation_ground_truth.txt';
const synsets = 'data/meta.mat';

/**
 * The class (WordNet id) of each validation picture in the order of their numbers, from the development kit, unpacked
 * in `root` or as its archive there. Throws a `DataError` where it is missing or damaged.
 */
export async function validationClasses(root: string): Promise<string[]> {
  const kit = await readKit(root);
  const rows = readStructures(kit.synsets, ['ILSVRC2012_ID', 'WNID']);
  if (!rows) throw new DataError(`${kit.name}: ${synsets} is not the table of synsets that it should be`);
  const names = new Map(rows.map(([id, name]) => [id as number, name as string]));
  const lines = Buffer.from(kit.truth).toString('latin1').trim().split(/\s+/);
  return lines.map((line, at) => {
    const name = names.get(Number(line));
    if (name === undefined)
      throw new DataError(`${kit.name}: line ${at + 1} of ${truth} is "${line}", which is no synset`);
    return name;
  });
}

async function readKit(root: string): Promise<{ name: string; truth: Uint8Array; synsets: Uint8Array }> {
  const unpacked = join(root, folder);
  const [first, second] = await Promise.all(
    [truth, synsets].map((file) => readFile(join(unpacked, file)).catch(() => null)),
  );
  if (first && second) return { name: unpacked, truth: first, synsets: second };
  const path = join(root, archive);
  const packed = await readFile(path).catch(() => {
    throw new DataError(
      `${root} has validation pictures without class folders, but neither ${archive} nor ${folder}, which say their classes.\nNext: put ${archive} beside them`,
    );
  });
  let bytes: Uint8Array;
  try {
    bytes = gunzipSync(packed);
  } catch (error) {
    throw new DataError(`${path}: damaged gzip data: ${(error as Error).message}`);
  }
  const entries = new Map([...tarEntriesOf(bytes, path)].map((entry) => [entry.name.replace(/^\.\//, ''), entry]));
  const entry = (file: string) => {
    const found = entries.get(`${folder}/${file}`);
    if (!found) throw new DataError(`${path}: has no ${folder}/${file}`);
    return bytes.subarray(found.offset, found.offset + found.size);
  };
  return { name: path, truth: entry(truth), synsets: entry(synsets) };
}
