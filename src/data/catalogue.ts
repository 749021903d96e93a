import { existsSync } from 'node:fs';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { DatasetConfig } from '../config/dataset.js';
import { nearest } from '../config/problem.js';
import { command } from '../shell/program.js';
import { dataFolder } from './cache.js';
import { DataError } from './error.js';
import { type FetchOptions, fetchFiles } from './fetch.js';
import { type CifarSource, cifarBinary, cifarPickles } from './formats/cifar.js';
import { classFolders, countClasses } from './formats/folder.js';
import { type Format, type Opened, openFormat } from './formats/format.js';
import { imagenetNext, kaggleImagenet, officialImagenet } from './formats/imagenet/open.js';
import { type MnistSource, mnistFiles, mnistFormat } from './formats/mnist.js';
import { broughtMnists, cifar10, cifar100, fashionMnist, mnist } from './formats/sources.js';
import { parquetFiles } from './formats/parquet.js';
import { tinyImagenet } from './formats/tiny-imagenet.js';
import { warningsOf } from './remarks.js';
import { webdatasetShards } from './formats/webdataset.js';

/** By their checksums these are told apart. */
const mnists = [fashionMnist, mnist, ...Object.values(broughtMnists)];

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
  /** Opens it in the format that its files have. Throws a `DataError`, also for a split without pictures. */
  open(root: string | null): Promise<Opened>;
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
  kmnist: broughtMnistEntry('kmnist', '60,000 + 10,000 grey pictures of hiragana, 28x28, ten classes'),
  'emnist-balanced': broughtMnistEntry('emnist-balanced', 'handwritten digits and letters, 28x28, in 47 classes'),
  'emnist-byclass': broughtMnistEntry('emnist-byclass', 'the same, as often as people write them, in 62 classes'),
  'emnist-bymerge': broughtMnistEntry('emnist-bymerge', 'the same in 47 classes'),
  'emnist-letters': broughtMnistEntry('emnist-letters', 'handwritten letters, 28x28, small and capital ones together'),
  'emnist-digits': broughtMnistEntry('emnist-digits', 'handwritten digits, 28x28'),
  'emnist-mnist': broughtMnistEntry('emnist-mnist', "handwritten digits, 28x28, as many as MNIST's"),
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
          `imagenet-1k has no public address; its terms ask you to fetch it yourself from image-net.org.\nNext: ${imagenetNext()}`,
        );
      }
      await datasets['imagenet-1k'].open(root);
      return rememberFolder('imagenet-1k', root);
    },
    open: (root) =>
      openFormat(
        officialImagenet,
        [kaggleImagenet, parquetFiles('imagenet-1k', 'validation')],
        root ?? dataFolder('imagenet-1k'),
      ),
  },
  folder: ofYours({
    name: 'folder',
    about: 'pictures of yours: ROOT/train/CLASS/*.jpg and ROOT/test/CLASS/*.jpg; dataset.root says where',
    usual: classFolders,
    others: [tinyImagenet],
    countClasses,
  }),
  webdataset: ofYours({
    name: 'webdataset',
    about: "WebDataset's tar shards of yours, ROOT/*train*.tar and ROOT/*val*.tar; dataset.root says where",
    usual: webdatasetShards,
    others: [],
  }),
  parquet: ofYours({
    name: 'parquet',
    about: "Hugging Face's Parquet files of yours, ROOT/**/*train*.parquet and ROOT/**/*test*.parquet",
    usual: parquetFiles('parquet', 'test'),
    others: [],
  }),
} as const satisfies Readonly<Record<string, DatasetEntry>>;

/** How files that are not there get there: into a folder of the user's nothing is fetched. */
const nextOf = (name: string, root: string | null): string =>
  root === null
    ? command(`data ${name}`)
    : `put its files into that folder, or name none and fetch them: ${command(`data ${name}`)}`;

function mnistEntry(
  source: MnistSource,
  about: string,
  address: string,
  debian: FetchOptions['debian'],
): DatasetEntry & { classes: number; pictures: number } {
  const { name, classes, sha256 } = source;
  const sums = sha256 as NonNullable<MnistSource['sha256']>;
  const files = mnistFiles.map((file) => ({ name: `${file}.gz`, sha256: sums[file], ofContent: true }));
  const open = (root: string | null) =>
    openFormat(
      mnistFormat(source, mnists, () => nextOf(name, root)),
      [],
      root ?? dataFolder(name),
    );
  return {
    about,
    classes: classes.length,
    pictures: 60_000,
    async fetch(root, onProgress) {
      const isPlain = root === null || ['.gz', ''].some((end) => existsSync(join(root, `${mnistFiles[0]}${end}`)));
      if (isPlain) return fetchFiles({ name, files, root, debian, address, onProgress });
      // Under other names or deeper: checked where they lie, and left there.
      const { train, test } = await open(root);
      const [wrong] = warningsOf(train, test);
      if (wrong !== undefined) throw new DataError(`${root}: ${wrong}`);
      return rememberFolder(name, root);
    },
    open,
  };
}

/** A set in MNIST's format that nobody fetches: a folder of yours is remembered. */
function broughtMnistEntry(name: string, about: string): DatasetEntry & { classes: number; pictures: null } {
  const source = broughtMnists[name] as MnistSource;
  const next = () => `put its four files into a folder and run: ${command(`data ${name} --root FOLDER`)}`;
  const format = mnistFormat(source, mnists, next);
  const open = (root: string | null) => openFormat(format, [], root ?? dataFolder(name));
  return {
    about,
    classes: source.classes.length,
    pictures: null,
    async fetch(root) {
      await open(root);
      return root === null ? dataFolder(name) : rememberFolder(name, root);
    },
    open,
  };
}

function cifarEntry(source: CifarSource, about: string): DatasetEntry & { classes: number; pictures: number } {
  const { name, classes } = source;
  const { archive, sha256 } = source.binary;
  const files = [{ name: archive, sha256, ofContent: false }];
  const address = 'https://www.cs.toronto.edu/~kriz';
  const open = (root: string | null) => {
    const next = () => nextOf(name, root);
    return openFormat(cifarBinary(source, next), [cifarPickles(source, next)], root ?? dataFolder(name));
  };
  return {
    about,
    classes: classes.length,
    pictures: 50_000,
    async fetch(root, onProgress) {
      if (root === null || existsSync(join(root, archive))) {
        return fetchFiles({ name, files, root, debian: null, address, onProgress });
      }
      const { layout } = await open(root);
      onProgress(`${name}: read as ${layout.format}; only the binary archive has a checksum to hold it to`);
      return rememberFolder(name, root);
    },
    open,
  };
}

interface OfYours {
  readonly name: string;
  readonly about: string;
  readonly usual: Format;
  readonly others: readonly Format[];
  countClasses?(root: string): Promise<number>;
}

/** A dataset that is a folder of the user's. */
function ofYours({ name, about, usual, others, countClasses: count }: OfYours) {
  const needed = (root: string | null): string => {
    if (root !== null) return root;
    throw new DataError(
      `the dataset "${name}" is a folder of yours.\nNext: set dataset.root to it, or on the command line --root FOLDER`,
    );
  };
  const open = async (root: string | null) => openFormat(usual, others, needed(root));
  return {
    about,
    classes: null,
    pictures: null,
    countClasses: async (root: string | null) =>
      count ? count(needed(root)) : (await open(root)).train.classes.length,
    async fetch(root: string | null) {
      await open(root);
      return resolve(root as string);
    },
    open,
  };
}

/** Lets the cache point at a folder that is too large to copy. */
async function rememberFolder(name: string, root: string): Promise<string> {
  const link = dataFolder(name);
  const target = resolve(root);
  if (target === link) return link;
  await mkdir(dirname(link), { recursive: true });
  await rm(link, { recursive: true, force: true });
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
