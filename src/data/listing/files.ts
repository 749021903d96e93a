import type { Dataset, FileSource } from '../dataset.js';
import type { PictureList } from './picture-list.js';
import { openSource } from './source.js';

/** Means and standard deviations of ImageNet's pictures, by which photographs are normalised. */
export const imagenetColours = { mean: [0.485, 0.456, 0.406], sd: [0.229, 0.224, 0.225] } as const;

/** A split of encoded pictures in files under `root`, each decoded when it is asked for. */
export function fromFiles(name: string, split: 'train' | 'test', root: string, list: PictureList): Dataset {
  const { classes, paths, file, offset, bytes, labels, digest, remarks } = list;
  const source: FileSource = { kind: 'files', root, paths, file, offset, bytes };
  return {
    name,
    split,
    classes,
    length: labels.length,
    size: null,
    ...imagenetColours,
    fingerprint: `${name}-${split}-${digest}`,
    remarks,
    source,
    label: (index) => labels[index] as number,
    async picture(index) {
      const reader = openSource(source);
      try {
        return await reader.picture(index);
      } finally {
        await reader.close();
      }
    },
  };
}
