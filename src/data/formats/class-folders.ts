import { readFile, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { DataError } from '../error.js';
import { keptList } from '../listing/kept-list.js';
import { listPictures, type PictureList, type PlacedPicture } from '../listing/picture-list.js';
import { createRemarks, type Remarks } from '../remarks.js';
import { byCodePoint } from './class-order.js';
import {
  type FolderContent,
  filesUnder,
  isFolder,
  isHidden,
  leaveOut,
  placed,
  readFolder,
  stampOf,
} from './files-under.js';

/** In a dataset's folder: the classes in their order, a line each. */
export const orderFile = 'classnames.txt';

/** The folders in a folder, in torchvision's order: each is a class. Links to folders count. */
export async function classesIn(folder: string, remarks: Remarks = createRemarks()): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await readFolder(folder)) {
    const path = join(folder, entry.name);
    if (isHidden(entry, path, remarks)) continue;
    if (await isFolder(entry, path)) names.push(entry.name);
    else leaveOut(path, remarks);
  }
  return names.sort(byCodePoint);
}

/** The classes that `classnames.txt` in a dataset's folder lists; null where there is no such file. */
export async function orderedClasses(root: string): Promise<string[] | null> {
  const path = join(root, orderFile);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new DataError(`${path}: ${error.message}`);
  });
  if (text === null) return null;
  const names = text
    .replace(/^\uFEFF/, '')
    .trim()
    .split(/\r?\n/);
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw new DataError(`${path}: "${twice}" is there twice`);
  return names;
}

/**
 * Lists a split with one folder a class (`root/split/class/.../picture.jpg`). Throws a `DataError` that names an empty
 * class, an empty file, or a class that `known` does not have.
 */
export async function listClassFolders(
  root: string,
  split: string,
  known?: readonly string[] | null,
  remarks: Remarks = createRemarks(),
): Promise<PictureList> {
  const folder = join(root, split);
  const present = await classesIn(folder, remarks);
  if (present.length === 0) throw new DataError(`${folder}: expected one folder a class, found none`);
  const classes = known ?? present;
  const numbers = new Map(classes.map((name, number) => [name, number]));
  const stranger = present.find((name) => !numbers.has(name));
  if (stranger !== undefined) throw new DataError(`${join(folder, stranger)}: the training set has no such class`);
  const found = await Promise.all(
    present.map(async (name) => {
      const own = createRemarks();
      return { content: await filesUnder(join(folder, name), own), remarks: own.all() };
    }),
  );
  for (const { remarks: own } of found) remarks.join(own);
  const contents = found.map(({ content }) => content);
  await remarkLinks(root, folder, present, remarks);
  const stamp = stampOf(contents, classes);
  const list = await keptList(root, folder, stamp, async () => {
    const labels = present.map((name) => numbers.get(name) as number);
    return listPictures(classes, picturesIn(root, contents, labels));
  });
  return { ...list, remarks: remarks.all() };
}

/** Class folders that lie elsewhere are read; where, `data check` tells. */
async function remarkLinks(root: string, folder: string, classes: readonly string[], remarks: Remarks): Promise<void> {
  const home = await realpath(root);
  for (const name of classes) {
    const real = await realpath(join(folder, name));
    if (real.startsWith(home + sep)) continue;
    const what = 'read from outside of the dataset';
    remarks.add({ kind: 'chosen', noun: 'linked class', what, quiet: true }, `${join(folder, name)} -> ${real}`);
  }
}

function* picturesIn(
  root: string,
  found: readonly FolderContent[],
  labels: readonly number[],
): Generator<PlacedPicture> {
  for (const [at, content] of found.entries()) {
    for (const place of placed(root, content)) yield { ...place, label: labels[at] as number };
  }
}
