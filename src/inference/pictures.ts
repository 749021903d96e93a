import { readFile, stat } from 'node:fs/promises';
import { filesUnder } from '../data/formats/files-under.js';
import type { Picture } from '../data/dataset.js';
import { decodePicture } from '../data/pictures/decoders/decode.js';
import { meanColour, type Normalisation, normalisationTables, normalise } from '../data/pictures/normalise.js';
import { createPreparation } from '../data/pictures/prepare.js';
import type { Remarks } from '../data/remarks.js';
import { createGenerator } from '../random/generator.js';
import type { Fit } from './preparation.js';

/**
 * The pictures that a path names: itself, or all below a folder, sorted; what is left out there is remarked. Throws a
 * `DataError` where a folder has none.
 */
export async function pictureFiles(path: string, remarks: Remarks): Promise<readonly string[]> {
  const found = await stat(path);
  if (!found.isDirectory()) return [path];
  return (await filesUnder(path, remarks)).files;
}

/** Pictures ready for a network, and those that are none. */
export interface PreparedPictures {
  readonly files: readonly string[];
  /** `[files, resolution, resolution, 3]`. */
  readonly images: Float32Array;
  readonly damaged: readonly { readonly file: string; readonly error: string }[];
}

/** What the pictures of a dataset have in common. */
export interface PictureKind extends Normalisation {
  /** Whether they all have one small size, which is padded to the resolution where it nearly fits. */
  readonly small: boolean;
}

/** Reads, decodes, fits and normalises pictures as evaluation does. */
export async function preparePictures(
  files: readonly string[],
  resolution: number,
  fit: Fit,
  { small, ...colours }: PictureKind,
): Promise<PreparedPictures> {
  const prepare = createPreparation({
    resolution,
    augmentation: null,
    evaluation: fit,
    fill: meanColour(colours),
    small,
  });
  const tables = normalisationTables(colours);
  const length = resolution * resolution * 3;
  const bytes = new Uint8Array(length);
  const decoded = await Promise.all(files.map(decode));
  const good = decoded.flatMap(({ file, picture }) => (picture ? [{ file, picture }] : []));
  const images = new Float32Array(good.length * length);
  for (const [at, { picture }] of good.entries()) {
    // Evaluation leaves nothing to chance: the generator is never drawn from.
    prepare.finish(picture, createGenerator(0, ''), bytes, 0);
    const tensor = images.subarray(at * length, (at + 1) * length);
    normalise(bytes, tables, tensor, 0, length);
  }
  const damaged = decoded.flatMap(({ file, error }) => (error ? [{ file, error }] : []));
  return { files: good.map(({ file }) => file), images, damaged };
}

async function decode(file: string): Promise<{ file: string; picture?: Picture; error?: string }> {
  try {
    return { file, picture: await decodePicture(await readFile(file), file) };
  } catch (error) {
    return { file, error: (error as Error).message };
  }
}
