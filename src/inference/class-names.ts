import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { WeightsError } from '../weights/safetensors.js';

/** What the outputs of a classifier mean, in their order. */
export interface ClassNames {
  /** Folders that hold a class's pictures: WordNet ids where the file has them, else the names. */
  readonly folders: readonly string[];
  /** For people to read. */
  readonly names: readonly string[];
}

const imagenet = fileURLToPath(new URL('../../configs/class-names/imagenet-1k.txt', import.meta.url));

/**
 * The names in a file, one line a class (`goldfish`, or `n01443537 goldfish`), or ImageNet's where a network has its 1000
 * classes and no file is named; null where nobody knows. Throws a `WeightsError` where the file has another number.
 */
export async function classNames(classes: number, file?: string): Promise<ClassNames | null> {
  if (file === undefined && classes !== 1000) return null;
  const path = file ?? imagenet;
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new WeightsError(`${path}: ${error.message}`);
  });
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.length !== classes) {
    throw new WeightsError(
      `${path}: expected a line for each of the network's ${classes} classes, found ${lines.length}`,
    );
  }
  const parts = lines.map((line) => /^(n\d{8})\s+(.+)$/.exec(line));
  const plain = lines.map((line) => line.trim());
  return {
    folders: plain.map((line, at) => parts[at]?.[1] ?? line),
    names: plain.map((line, at) => parts[at]?.[2] ?? line),
  };
}
