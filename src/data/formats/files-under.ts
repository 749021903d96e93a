import { createHash } from 'node:crypto';
import { type Dirent, type Stats, stat as statThen } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { DataError } from '../error.js';
import type { PlacedPicture } from '../listing/picture-list.js';
import { isOtherPicture, isPicture } from '../pictures/endings.js';
import type { Remarks } from '../remarks.js';
import { byCodePoint } from './class-order.js';
import { unlisted } from './misplaced.js';

const atOnce = 64;

/** Pictures at any depth of a folder, sorted by path, with their sizes and the times of their last change. */
export interface FolderContent {
  readonly files: readonly string[];
  readonly bytes: Float64Array;
  readonly changed: Float64Array;
}

/**
 * Linked folders are entered, as torchvision does. Files that are left out are remarked. Throws a `DataError` where
 * there is no picture, or an empty one, or where a link leads back to a folder around it.
 */
export async function filesUnder(folder: string, remarks: Remarks): Promise<FolderContent> {
  const files: string[] = [];
  await walk(folder, [await realpath(folder)]);
  if (files.length === 0) throw new DataError(`${folder}: expected pictures, found none`);
  const { bytes, changed } = await sizesOf(files.sort(byCodePoint));
  const empty = files.filter((_, at) => bytes[at] === 0);
  if (empty.length > 0) {
    const others = empty.length > 1 ? `, and ${empty.length - 1} more in ${folder}` : '';
    throw new DataError(`${empty[0]}: the file is empty${others}; take it away or fetch it again`);
  }
  return { files, bytes, changed };

  async function walk(place: string, around: readonly string[]): Promise<void> {
    for (const entry of await readFolder(place)) {
      const path = join(place, entry.name);
      if (isHidden(entry, path, remarks)) continue;
      if (!(await isFolder(entry, path))) {
        if (isPicture(entry.name)) files.push(path);
        else leaveOut(path, remarks);
        continue;
      }
      const real = entry.isSymbolicLink() ? await realpath(path) : join(around.at(-1) as string, entry.name);
      if (around.some((outer) => outer === real || outer.startsWith(real + sep))) {
        throw new DataError(`${path}: the link leads back to a folder that it is in`);
      }
      await walk(path, [...around, real]);
    }
  }
}

/** In the order of names, so that what is said about them is the same everywhere. */
export async function readFolder(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: Error) => {
    throw unlisted(folder, error);
  });
  return entries.sort((a, b) => byCodePoint(a.name, b.name));
}

/** Links to folders count. Throws a `DataError` for a link that leads nowhere. */
export async function isFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(path).then(
    (found) => found.isDirectory(),
    () => {
      throw new DataError(`${path}: the link leads nowhere`);
    },
  );
}

/** Whether a name begins with a dot, which is remarked. */
export function isHidden({ name }: Dirent, path: string, remarks: Remarks): boolean {
  const hidden = name.startsWith('.');
  if (hidden) remarks.add({ kind: 'dropped', noun: 'file', what: 'left out: hidden', quiet: true }, path);
  return hidden;
}

/** Remarks a file that is not listed. */
export function leaveOut(path: string, remarks: Remarks): void {
  remarks.add({ kind: 'dropped', noun: 'file', what: whyLeftOut(path) }, path);
}

function whyLeftOut(path: string): string {
  if (isPicture(path)) return 'left out: a picture beside the class folders, in none of them';
  if (isOtherPicture(path)) {
    return `left out: ${extname(path).toLowerCase()} is a format that is not read; convert to JPEG or PNG`;
  }
  return 'left out: no ending of a picture';
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
