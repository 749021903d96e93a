import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { DataError } from './error.js';
import { keptList, listPictures, type PictureList, type PlacedPicture } from './picture-list.js';

/** Files that are taken for pictures; what is really in them is seen when they are decoded. */
const endings = /\.(jpe?g|jfif|png|webp|gif|tiff?|avif)$/i;
const atOnce = 64;

/** The folders in a folder, sorted as Python sorts: each is a class. Links to folders count. */
export async function classesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: Error) => {
    throw new DataError(`${folder}: ${error.message}`);
  });
  const names = await Promise.all(
    entries.map(async (entry) => {
      if (entry.name.startsWith('.')) return null;
      const isFolder = entry.isSymbolicLink()
        ? await stat(join(folder, entry.name)).then((found) => found.isDirectory())
        : entry.isDirectory();
      return isFolder ? entry.name : null;
    }),
  );
  return names.filter((name) => name !== null).sort();
}

/**
 * Lists a split with one folder a class (`root/split/class/.../picture.jpg`). Throws a `DataError` that names an empty
 * class, an empty file, or a class that `known` does not have.
 */
export async function listClassFolders(root: string, split: string, known?: readonly string[]): Promise<PictureList> {
  const folder = join(root, split);
  const present = await classesIn(folder);
  if (present.length === 0) throw new DataError(`${folder}: expected one folder a class, found none`);
  const classes = known ?? present;
  const numbers = new Map(classes.map((name, number) => [name, number]));
  const stranger = present.find((name) => !numbers.has(name));
  if (stranger !== undefined) throw new DataError(`${join(folder, stranger)}: the training set has no such class`);
  const times = await inTurns(present, (name) => stat(join(folder, name)).then(({ mtimeMs }) => mtimeMs));
  const stamp = JSON.stringify([classes, present, times]);
  return keptList(folder, stamp, async () => {
    const pictures: PlacedPicture[] = [];
    for (const name of present) pictures.push(...(await picturesOf(root, join(folder, name), numbers.get(name) ?? 0)));
    return listPictures(classes, pictures);
  });
}

/** All pictures under a folder, sorted by path. */
export async function picturesOf(root: string, folder: string, label: number): Promise<PlacedPicture[]> {
  const entries = await readdir(folder, { recursive: true });
  const files = entries
    .filter((path) => endings.test(path) && !basename(path).startsWith('.'))
    .map((path) => join(folder, path))
    .sort();
  if (files.length === 0) throw new DataError(`${folder}: expected pictures, found none`);
  const sizes = await inTurns(files, (file) => stat(file).then(({ size }) => size));
  const empty = sizes.indexOf(0);
  if (empty >= 0) throw new DataError(`${files[empty]}: the file is empty; take it away or fetch it again`);
  return files.map((file, at) => ({ path: relative(root, file), offset: 0, bytes: sizes[at] as number, label }));
}

/** Asks for many things, a few at a time. */
async function inTurns<T, R>(items: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (let at = 0; at < items.length; at += atOnce) {
    answers.push(...(await Promise.all(items.slice(at, at + atOnce).map(ask))));
  }
  return answers;
}
