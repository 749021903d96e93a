import type { DatasetConfig } from '../config/dataset.js';
import { nearest } from '../config/problem.js';
import { dataFolder } from './cache.js';
import type { Dataset } from './dataset.js';
import { DataError } from './error.js';
import { fetchFiles } from './fetch.js';
import { openMnist } from './mnist.js';
import { fashionMnist } from './sources.js';

/** A dataset by name: how many classes it has, how to get it and how to open it. */
export interface DatasetEntry {
  readonly about: string;
  readonly classes: number;
  /** Pictures to train on. */
  readonly pictures: number;
  /** Puts it into the cache, or takes it from `root`; returns the folder. */
  fetch(root: string | null, onProgress: (text: string) => void): Promise<string>;
  open(root: string | null): Promise<{ train: Dataset; test: Dataset }>;
}

export const datasets = {
  'fashion-mnist': {
    about: '60,000 + 10,000 grey pictures of clothing, 28x28, ten classes',
    classes: 10,
    pictures: 60_000,
    fetch: (root, onProgress) =>
      fetchFiles({
        source: fashionMnist,
        root,
        debianPackage: 'dataset-fashion-mnist',
        address: 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com',
        onProgress,
      }),
    open: (root) => openMnist(fashionMnist, root ?? dataFolder('fashion-mnist'), 'npx ablate data fashion-mnist'),
  },
  'imagenet-1k': {
    about: '1,281,167 + 50,000 photographs in 1000 classes',
    classes: 1000,
    pictures: 1_281_167,
    fetch: async () => {
      throw new DataError(
        'imagenet-1k has no public address; its terms ask you to fetch it yourself from image-net.org',
      );
    },
    open: async () => {
      throw new DataError('imagenet-1k cannot be read yet');
    },
  },
} as const satisfies Readonly<Record<string, DatasetEntry>>;

/** How many pictures a suite trains on, without opening its dataset. */
export function trainingPictures({ name, train_limit }: DatasetConfig): number {
  return Math.min(train_limit ?? Number.POSITIVE_INFINITY, datasetNamed(name).pictures);
}

export const datasetNames = Object.keys(datasets);

/** Throws a `DataError` for a name that is not one. */
export function datasetNamed(name: string): DatasetEntry {
  const entry = (datasets as Readonly<Record<string, DatasetEntry>>)[name];
  if (entry) return entry;
  const guess = nearest(name, datasetNames);
  throw new DataError(
    `there is no dataset "${name}"${guess ? `; did you mean "${guess}"?` : `; there are ${datasetNames.join(', ')}`}`,
  );
}
