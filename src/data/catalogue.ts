import { existsSync } from 'node:fs';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { DatasetConfig } from '../config/dataset.js';
import { nearest } from '../config/problem.js';
import { dataFolder } from './cache.js';
import { type CifarSource, openCifar } from './formats/cifar.js';
import type { Dataset } from './dataset.js';
import { DataError } from './error.js';
import { type FetchOptions, fetchFiles } from './fetch.js';
import { countClasses, openFolder } from './formats/folder.js';
import { openImagenet } from './formats/imagenet/open.js';
import { type MnistSource, mnistFiles, openMnist } from './formats/mnist.js';
import { cifar10, cifar100, fashionMnist, mnist } from './formats/sources.js';
import { openWebdataset } from './formats/webdataset.js';

/** A dataset by name: how many classes it has, how to get it and how to open it. */
export interface DatasetEntry {
  readonly about: string;
  /** Null where that depends on the folder. */
  readonly classes: number | null;
  /** Counts them there, without listing the pictures where that can be. */
  countClasses?(root: string | null): Promise<number>;
  /** Pictures to train on; null where that depends on the folder. */
  readonly pictures: number | null;
  /** Puts it into the cache, or takes it from `root`; returns the folder. */
  fetch(root: string | null, onProgress: (text: string) => void): Promise<string>;
  open(root: string | null): Promise<{ train: Dataset; test: Dataset }>;
}

export const datasets = {
  'fashion-mnist': mnistEntry(
    fashionMnist,
    '60,000 + 10,000 grey pictures of clothing, 28x28, ten classes',
    'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com',
    { package: 'dataset-fashion-mnist', folder: 'usr/share/datasets/fashion-mnist' },
  ),
  mnist: mnistEntry(
    mnist,
    '60,000 + 10,000 grey pictures of handwritten digits, 28x28',
    'https://ossci-datasets.s3.amazonaws.com/mnist',
    null,
  ),
  'cifar-10': cifarEntry(cifar10, '50,000 + 10,000 photographs, 32x32, ten classes'),
  'cifar-100': cifarEntry(cifar100, '50,000 + 10,000 photographs, 32x32, a hundred classes'),
  'imagenet-1k': {
    about: '1,281,167 + 50,000 photographs in 1000 classes, unpacked or in their archives',
    classes: 1000,
    pictures: 1_281_167,
    async fetch(root) {
      const known = dataFolder('imagenet-1k');
      if (root === null && existsSync(known)) return known;
      if (root === null) {
        throw new DataError(
          `imagenet-1k has no public address; its terms ask you to fetch it yourself from image-net.org.\nNext: ${imagenetNext}`,
        );
      }
      await openImagenet(root, imagenetNext);
      return rememberFolder('imagenet-1k', root);
    },
    open: (root) => openImagenet(root ?? dataFolder('imagenet-1k'), imagenetNext),
  },
  folder: {
    about: 'pictures of yours: ROOT/train/CLASS/*.jpg and ROOT/test/CLASS/*.jpg; dataset.root says where',
    classes: null,
    pictures: null,
    countClasses,
    async fetch(root) {
      await openFolder(root);
      return resolve(root as string);
    },
    open: openFolder,
  },
  webdataset: {
    about: "WebDataset's tar shards of yours, ROOT/*train*.tar and ROOT/*val*.tar; dataset.root says where",
    classes: null,
    pictures: null,
    countClasses: async (root) => (await openWebdataset(root)).train.classes.length,
    async fetch(root) {
      await openWebdataset(root);
      return resolve(root as string);
    },
    open: openWebdataset,
  },
} as const satisfies Readonly<Record<string, DatasetEntry>>;

const imagenetNext =
  'put ILSVRC2012_img_train.tar, ILSVRC2012_img_val.tar and ILSVRC2012_devkit_t12.tar.gz (or what is unpacked from them) into a folder and run: npx ablate data imagenet-1k --root FOLDER';

function mnistEntry(
  source: MnistSource,
  about: string,
  address: string,
  debian: FetchOptions['debian'],
): DatasetEntry & { classes: number; pictures: number } {
  const { name, classes, sha256 } = source;
  const files = mnistFiles.map((file) => ({ name: `${file}.gz`, sha256: sha256[file], ofContent: true }));
  return {
    about,
    classes: classes.length,
    pictures: 60_000,
    fetch: (root, onProgress) => fetchFiles({ name, files, root, debian, address, onProgress }),
    open: (root) => openMnist(source, root ?? dataFolder(name), `npx ablate data ${name}`),
  };
}

function cifarEntry(source: CifarSource, about: string): DatasetEntry & { classes: number; pictures: number } {
  const { name, archive, sha256, classes } = source;
  const files = [{ name: archive, sha256, ofContent: false }];
  const address = 'https://www.cs.toronto.edu/~kriz';
  return {
    about,
    classes: classes.length,
    pictures: 50_000,
    fetch: (root, onProgress) => fetchFiles({ name, files, root, debian: null, address, onProgress }),
    open: (root) => openCifar(source, root ?? dataFolder(name), `npx ablate data ${name}`),
  };
}

/** Lets the cache point at a folder that is too large to copy. */
async function rememberFolder(name: string, root: string): Promise<string> {
  const link = dataFolder(name);
  const target = resolve(root);
  if (target === link) return link;
  await mkdir(dirname(link), { recursive: true });
  await rm(link, { force: true });
  await symlink(target, link);
  return target;
}

/** How many pictures a suite trains on; opens its dataset only where the catalogue does not know. */
export async function trainingPictures({ name, root, train_limit }: DatasetConfig): Promise<number> {
  const entry = datasetNamed(name);
  const pictures = entry.pictures ?? (await entry.open(root)).train.length;
  return Math.min(train_limit ?? Number.POSITIVE_INFINITY, pictures);
}

/** How many classes a suite's dataset has, or null where neither the catalogue nor its folder tells. */
export async function classesOf({ name, root }: DatasetConfig): Promise<number | null> {
  const { classes, countClasses: count } = datasetNamed(name);
  return classes ?? count?.(root).catch(() => null) ?? null;
}

export const datasetNames = Object.keys(datasets);

/** Throws a `DataError` for a name that is not one. */
export function datasetNamed(name: string): DatasetEntry {
  if (Object.hasOwn(datasets, name)) return datasets[name as keyof typeof datasets];
  const guess = nearest(name, datasetNames);
  throw new DataError(
    `there is no dataset "${name}"${guess ? `; did you mean "${guess}"?` : `; there are ${datasetNames.join(', ')}`}`,
  );
}
