import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { dataFolder } from '../cache.js';
import { contentDigest } from './content.js';
import { type PictureList, shared } from './picture-list.js';

/** SHA-256, before what is kept. */
const checksumBytes = 32;

/**
 * The list as it was kept when `stamp` (names, sizes and times of what it was made from) was the same, else made anew,
 * its content read, and kept. One that was damaged since is made anew, too. `key` names the split and where it is, below
 * `root`.
 */
export async function keptList(
  root: string,
  key: string,
  stamp: string,
  make: () => Promise<PictureList>,
): Promise<PictureList> {
  const name = shortHash(key);
  const file = join(dataFolder('lists'), `${name}.v3`);
  const kept = await readFile(file).then(readKept, () => null);
  if (kept?.stamp === stamp) return inSharedMemory(kept.list);
  const made = await make();
  const list = { ...made, digest: shortHash(`${made.digest} ${await contentDigest(root, made)}`) };
  const partial = `${file}.${process.pid}`;
  const content = serialize({ stamp, list: inOwnMemory(list) });
  // A cache that cannot be written only costs the time to list again.
  await mkdir(dirname(file), { recursive: true })
    .then(() => writeFile(partial, Buffer.concat([checksum(content), content])))
    .then(() => rename(partial, file))
    .catch(() => {});
  return list;
}

/** What was kept; null where its checksum is not that of its bytes. */
function readKept(bytes: Buffer): { stamp: string; list: PictureList } | null {
  const content = bytes.subarray(checksumBytes);
  return checksum(content).equals(bytes.subarray(0, checksumBytes)) ? deserialize(content) : null;
}

const checksum = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
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
