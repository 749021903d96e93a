import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset } from '../dataset.js';
import { DataError } from '../error.js';
import { parseIdx } from './idx.js';
import { inMemory } from '../listing/memory.js';

/** A dataset in MNIST's four files. */
export interface MnistSource {
  readonly name: string;
  readonly classes: readonly string[];
  /** Of all training pixels, as shares of white. */
  readonly mean: number;
  readonly sd: number;
  /** SHA-256 of each file's content, unzipped: archives of the same content differ from packer to packer. */
  readonly sha256: Readonly<Record<MnistFile, string>>;
}

export const mnistFiles = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
] as const;
export type MnistFile = (typeof mnistFiles)[number];

/** Opens both splits from a folder with the four files, gzipped or not. Throws a `DataError` naming what is missing or damaged. */
export async function openMnist(
  source: MnistSource,
  folder: string,
  next: string,
): Promise<{ train: Dataset; test: Dataset }> {
  const [train, test] = await Promise.all([openSplit('train'), openSplit('test')]);
  return { train, test };

  async function openSplit(split: 'train' | 'test'): Promise<Dataset> {
    const prefix = split === 'train' ? 'train' : 't10k';
    const pictures = await readIdx(`${prefix}-images-idx3-ubyte`, 3);
    const labels = await readIdx(`${prefix}-labels-idx1-ubyte`, 1);
    const [count, height, width] = pictures.shape as [number, number, number];
    if (labels.shape[0] !== count) {
      throw new DataError(`${folder}: ${count} ${split} pictures, but ${labels.shape[0]} labels`);
    }
    const wrong = labels.values.findIndex((label) => label >= source.classes.length);
    if (wrong >= 0)
      throw new DataError(
        `${folder}: ${split} label ${wrong} is ${labels.values[wrong]}, expected 0 to ${source.classes.length - 1}`,
      );
    const fingerprint = createHash('sha256').update(pictures.values).update(labels.values).digest('hex').slice(0, 16);
    return inMemory({
      name: source.name,
      split,
      classes: source.classes,
      labels: labels.values,
      pixels: pictures.values,
      size: { height, width, channels: 1 },
      mean: [source.mean, source.mean, source.mean],
      sd: [source.sd, source.sd, source.sd],
      fingerprint: `${source.name}-${split}-${fingerprint}`,
    });
  }

  async function readIdx(name: MnistFile, rank: number) {
    for (const file of [join(folder, `${name}.gz`), join(folder, name)]) {
      const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw new DataError(`${file}: ${error.message}`);
      });
      if (bytes) return parseIdx(bytes, file, rank);
    }
    throw new DataError(`${source.name} is not here: ${join(folder, name)}.gz does not exist.\nNext: ${next}`);
  }
}
