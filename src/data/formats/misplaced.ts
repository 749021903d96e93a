import { type Dirent, existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { DataError } from '../error.js';
import { byCodePoint } from './class-order.js';

/** What of a dataset of one's own a folder may hold, by the name that suites give it. */
export type OwnLayout = 'folder' | 'webdataset' | 'parquet';

/** Names of the folders of splits, in the order in which they are looked for. */
export const splitFolders = {
  train: ['train', 'training'],
  test: ['test', 'testing', 'val', 'valid', 'validation'],
} as const;

/** Entries that a message lists. */
const most = 5;

/** The error for a folder that cannot be listed. */
export function unlisted(path: string, error: NodeJS.ErrnoException): DataError {
  if (error.code === 'ENOENT') return new DataError(`${path}: there is no such folder`);
  if (error.code !== 'ENOTDIR') return new DataError(`${path}: ${error.message}`);
  const next = /\.(zip|tar|tgz|gz|7z|rar)$/i.test(path) ? 'unpack it and name the folder' : 'name the folder it is in';
  return new DataError(`${path}: is a file, expected a folder.\nNext: ${next}`);
}

/**
 * Where the dataset that a folder does not hold may be instead: as another layout, one folder deeper or higher. Null where
 * nothing tells.
 */
export function elsewhere(root: string, asked: OwnLayout): string | null {
  const here = layoutOf(root);
  if (here !== null && here !== asked) return `it looks like ${here}: name that dataset in place of ${asked}`;
  const deeper = entriesOf(root).find((entry) => entry.isDirectory() && layoutOf(join(root, entry.name)) === asked);
  if (deeper) return `take ${join(root, deeper.name)} for the root`;
  const folder = resolve(root);
  const isSplit = [...splitFolders.train, ...splitFolders.test].some((name) => isNamed(basename(folder), name));
  if (isSplit && layoutOf(dirname(folder)) === asked) return `take ${dirname(folder)} for the root`;
  return null;
}

/** "it has a, b and 3 more", folders with a slash behind. */
export function listing(root: string): string {
  const names = entriesOf(root).map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
  if (names.length === 0) return 'it is empty';
  const more = names.length > most ? ` and ${names.length - most} more` : '';
  return `it has ${names.slice(0, most).join(', ')}${more}`;
}

/** The entry with a name, or with the same in capitals where there is none. */
export const named = (entries: readonly string[], name: string): string | undefined =>
  entries.find((entry) => entry === name) ?? entries.find((entry) => isNamed(entry, name));

const isNamed = (entry: string, name: string): boolean => entry.toLowerCase() === name;

/** By what is in a folder and in its folders: both splits' folders of class folders, tar shards, Parquet files. */
function layoutOf(root: string): OwnLayout | null {
  const entries = entriesOf(root);
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const files = [
    ...entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name),
    ...folders.slice(0, most).flatMap((name) => entriesOf(join(root, name)).map((entry) => entry.name)),
  ];
  if (files.some((name) => name.endsWith('.parquet'))) return 'parquet';
  if (files.some((name) => name.endsWith('.tar'))) return 'webdataset';
  const both = [splitFolders.train, splitFolders.test].every((names) =>
    names.some((name) => named(folders, name) !== undefined),
  );
  return both ? 'folder' : null;
}

function entriesOf(folder: string): Dirent[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => byCodePoint(a.name, b.name));
}
