import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset, FileSource } from './dataset.js';
import { decodePicture } from './decode.js';
import { DataError } from './error.js';
import { type PictureList, pathAt } from './picture-list.js';

/** Means and standard deviations of ImageNet's pictures, which photographs are normalised by. */
const imagenet = { mean: [0.485, 0.456, 0.406], sd: [0.229, 0.224, 0.225] } as const;

/** A split of encoded pictures in files, each decoded when it is asked for. */
export function fromFiles(name: string, split: 'train' | 'test', root: string, list: PictureList): Dataset {
  const { classes, paths, file, offset, bytes, labels, digest } = list;
  const source: FileSource = { kind: 'files', root, paths, file, offset, bytes };
  return {
    name,
    split,
    classes,
    length: labels.length,
    size: null,
    ...imagenet,
    fingerprint: `${name}-${split}-${digest}`,
    source,
    label: (index) => labels[index] as number,
    picture: async (index) => {
      const path = pathAt(paths, file[index] as number);
      const from = offset[index] as number;
      const content = await readStretch(join(root, path), from, bytes[index] as number);
      return decodePicture(content, from > 0 ? `${join(root, path)} at byte ${from}` : join(root, path));
    },
  };
}

async function readStretch(path: string, offset: number, length: number): Promise<Uint8Array> {
  const file = await open(path).catch((error: Error) => {
    throw new DataError(`${path}: ${error.message}`);
  });
  try {
    const content = new Uint8Array(length);
    const { bytesRead } = await file.read(content, 0, length, offset);
    if (bytesRead < length) throw new DataError(`${path}: has become shorter since it was listed`);
    return content;
  } finally {
    await file.close();
  }
}
