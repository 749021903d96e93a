import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { dataFolder } from '../cache.js';
import { contentDigest } from './content.js';
import { type PictureList, shared } from './picture-list.js';

/**
 * The list as it was kept when `stamp` (names, sizes and times of what it was made from) was the same, else made anew,
 * its content read, and kept. `key` names the split and where it is, below `root`.
 */
export async function keptList(
  root: string,
  key: string,
  stamp: string,
  make: () => Promise<PictureList>,
): Promise<PictureList> {
  const name = shortHash(key);
  const file = join(dataFolder('lists'), `${name}.v2`);
  const kept = await readFile(file).then(deserialize, () => null);
  if (kept?.stamp === stamp) return inSharedMemory(kept.list);
  const made = await make();
  const list = { ...made, digest: shortHash(`${made.digest} ${await contentDigest(root, made)}`) };
  const partial = `${file}.${process.pid}`;
  // A cache that cannot be written only costs the time to list again.
  await mkdir(dirname(file), { recursive: true })
    .then(() => writeFile(partial, serialize({ stamp, list: inOwnMemory(list) })))
    .then(() => rename(partial, file))
    .catch(() => {});
  return list;
}

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

function inSharedMemory(list: PictureList): PictureList {
  return {
    ...list,
    paths: { text: shared(Uint8Array, list.paths.text), starts: shared(Float64Array, list.paths.starts) },
    file: shared(Uint32Array, list.file),
    offset: shared(Float64Array, list.offset),
    bytes: shared(Float64Array, list.bytes),
    labels: shared(Uint32Array, list.labels),
  };
}

/** Shared memory is not written to files. */
function inOwnMemory(list: PictureList): PictureList {
  return {
    ...list,
    paths: { text: list.paths.text.slice(), starts: list.paths.starts.slice() },
    file: list.file.slice(),
    offset: list.offset.slice(),
    bytes: list.bytes.slice(),
    labels: list.labels.slice(),
  };
}
