import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
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
  const found = await Promise.all(present.map((name) => filesUnder(join(folder, name))));
  return keptList(folder, stampOf(found, classes), async () => {
    const pictures: PlacedPicture[] = [];
    for (const [at, { files }] of found.entries()) {
      pictures.push(...(await placed(root, files, numbers.get(present[at] as string) as number)));
    }
    return listPictures(classes, pictures);
  });
}

/** What a folder holds: pictures at any depth, sorted by path, and the folders they are in, with their times. */
export interface FolderContent {
  readonly files: readonly string[];
  readonly folders: readonly (readonly [string, number])[];
}

/** Throws a `DataError` where there is no picture. */
export async function filesUnder(folder: string): Promise<FolderContent> {
  const files: string[] = [];
  const folders: [string, number][] = [];
  await walk(folder);
  if (files.length === 0) throw new DataError(`${folder}: expected pictures, found none`);
  return { files: files.sort(), folders };

  async function walk(place: string): Promise<void> {
    folders.push([place, (await stat(place)).mtimeMs]);
    for (const entry of await readdir(place, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const path = join(place, entry.name);
      if (entry.isDirectory()) await walk(path);
      else if (endings.test(entry.name)) files.push(path);
    }
  }
}

/** Changes when a file comes, goes, is renamed or is put in another's place; not when one is written over as it lies. */
export function stampOf(found: readonly FolderContent[], classes: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(classes));
  for (const { files, folders } of found) hash.update(JSON.stringify([folders, files]));
  return hash.digest('hex');
}

/** Pictures of one class with their sizes. */
export async function placed(root: string, files: readonly string[], label: number): Promise<PlacedPicture[]> {
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
