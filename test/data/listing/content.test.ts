import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contentDigest } from '../../../src/data/listing/content.js';
import { listPictures } from '../../../src/data/listing/picture-list.js';
import { ownFolder } from '../cache-folder.js';

const folder = ownFolder();

/** A split of pictures of one byte each, side by side in one file. */
async function digestOf(bytes: Uint8Array): Promise<string> {
  writeFileSync(join(folder(), 'all.tar'), bytes);
  const pictures = Array.from(bytes, (_, offset) => ({ path: 'all.tar', offset, bytes: 1, label: 0 }));
  return contentDigest(folder(), listPictures(['only'], pictures));
}

/** How many of the pictures, changed alone, change the digest. */
async function noticed(count: number, changes: readonly number[]): Promise<number> {
  const plain = await digestOf(new Uint8Array(count));
  let seen = 0;
  for (const at of changes) if ((await digestOf(new Uint8Array(count).fill(1, at, at + 1))) !== plain) seen++;
  return seen;
}

test('every picture of a split up to 4096 counts', async () => {
  expect(await noticed(4096, [0, 1, 4095])).toBe(3);
});

test('every second one of a split of 8192, evenly spread', async () => {
  expect(await noticed(8192, [0, 8190])).toBe(2);
  expect(await noticed(8192, [1, 8191])).toBe(0);
});

test('a file that has gone is named', async () => {
  const list = listPictures(['only'], [{ path: 'gone.jpg', offset: 0, bytes: 1, label: 0 }]);
  await expect(contentDigest(folder(), list)).rejects.toThrow(/gone.jpg: ENOENT/);
});
