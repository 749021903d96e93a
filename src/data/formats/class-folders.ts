import { createHash } from 'node:crypto';
import { type Stats, stat as statThen } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { DataError } from '../error.js';
import { keptList } from '../listing/kept-list.js';
import { listPictures, type PictureList, type PlacedPicture } from '../listing/picture-list.js';

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
  return keptList(root, folder, stampOf(found, classes), async () => {
    const labels = present.map((name) => numbers.get(name) as number);
    return listPictures(classes, picturesIn(root, found, labels));
  });
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

/** Pictures at any depth of a folder, sorted by path, with their sizes and the times of their last change. */
export interface FolderContent {
  readonly files: readonly string[];
  readonly bytes: Float64Array;
  readonly changed: Float64Array;
}

/** Throws a `DataError` where there is no picture, or an empty one. */
export async function filesUnder(folder: string): Promise<FolderContent> {
  const files: string[] = [];
  await walk(folder);
  if (files.length === 0) throw new DataError(`${folder}: expected pictures, found none`);
  const { bytes, changed } = await sizesOf(files.sort());
  const empty = files.filter((_, at) => bytes[at] === 0);
  if (empty.length > 0) {
    const others = empty.length > 1 ? `, and ${empty.length - 1} more in ${folder}` : '';
    throw new DataError(`${empty[0]}: the file is empty${others}; take it away or fetch it again`);
  }
  return { files, bytes, changed };

  async function walk(place: string): Promise<void> {
    for (const entry of await readdir(place, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const path = join(place, entry.name);
      if (entry.isDirectory()) await walk(path);
      else if (endings.test(entry.name)) files.push(path);
    }
  }
}

/** Sizes and times, some asked for at a time: of a million files, and on a network's disk, each one's wait counts. */
function sizesOf(files: readonly string[]): Promise<Pick<FolderContent, 'bytes' | 'changed'>> {
  const bytes = new Float64Array(files.length);
  const changed = new Float64Array(files.length);
  let next = 0;
  let left = files.length;
  return new Promise((resolve, reject) => {
    const ask = (): void => {
      const at = next++;
      const file = files[at];
      if (file === undefined) return;
      statThen(file, (error: Error | null, found: Stats) => {
        if (error) return reject(new DataError(`${file}: ${error.message}`));
        bytes[at] = found.size;
        // Set by every write and rename, and by no program at will.
        changed[at] = found.ctimeMs;
        left--;
        if (left === 0) resolve({ bytes, changed });
        else ask();
      });
    };
    for (let asked = 0; asked < atOnce; asked++) ask();
  });
}

/** Changes when a file comes, goes, is renamed, put in another's place or written over. */
export function stampOf(found: readonly FolderContent[], classes: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(classes));
  for (const { files, bytes, changed } of found) hash.update(JSON.stringify(files)).update(bytes).update(changed);
  return hash.digest('hex');
}

/** Where the pictures of a folder are, their paths relative to `root`. */
export function placed(root: string, { files, bytes }: FolderContent): Omit<PlacedPicture, 'label'>[] {
  return files.map((file, at) => ({ path: relative(root, file), offset: 0, bytes: bytes[at] as number }));
}
