import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { classesIn, listClassFolders } from './class-folders.js';
import type { Dataset } from '../dataset.js';
import { DataError } from '../error.js';
import { fromFiles } from '../listing/files.js';

const names = { train: ['train', 'training'], test: ['test', 'val', 'valid', 'validation'] } as const;

/** Any pictures in `root/train/CLASS/` and `root/test/CLASS/` (or val, valid, validation). */
export async function openFolder(root: string | null): Promise<{ train: Dataset; test: Dataset }> {
  const folder = resolve(needed(root));
  const train = await listClassFolders(folder, await splitFolder(folder, 'train'));
  const test = await listClassFolders(folder, await splitFolder(folder, 'test'), train.classes);
  return { train: fromFiles('folder', 'train', folder, train), test: fromFiles('folder', 'test', folder, test) };
}

/** How many classes are there, without listing their pictures. */
export async function countClasses(root: string | null): Promise<number> {
  const folder = resolve(needed(root));
  return (await classesIn(join(folder, await splitFolder(folder, 'train')))).length;
}

function needed(root: string | null): string {
  if (root !== null) return root;
  throw new DataError('the dataset "folder" is a folder of yours.\nNext: set dataset.root to it');
}

async function splitFolder(root: string, split: 'train' | 'test'): Promise<string> {
  const entries = await readdir(root).catch((error: Error) => {
    throw new DataError(`${root}: ${error.message}`);
  });
  const found = names[split].find((name) => entries.includes(name));
  if (found) return found;
  throw new DataError(
    `${root} has no folder ${names[split].join(' or ')}.\nNext: lay the pictures out as ${root}/${names[split][0]}/CLASS/picture.jpg`,
  );
}
