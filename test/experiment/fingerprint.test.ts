import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { datasetSchema } from '../../src/config/dataset.js';
import { openDatasets } from '../../src/data/open.js';
import { fingerprintOf } from '../../src/experiment/fingerprint.js';
import { datasetFingerprint } from '../../src/records/hash.js';

const idx = (shape: readonly number[], value: (at: number) => number): Uint8Array => {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.writeUInt32BE(0x0800 | shape.length, 0);
  shape.forEach((side, axis) => header.writeUInt32BE(side, 4 + 4 * axis));
  const length = shape.reduce((product, side) => product * side, 1);
  return Buffer.concat([header, Uint8Array.from({ length }, (_, at) => value(at))]);
};

/** Longer than what counts as written just now. */
const settled = () => setTimeout(2100);

let folder: string;
let root: string;
const before = process.env['ABLATE_CACHE'];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ablate-fingerprint-'));
  process.env['ABLATE_CACHE'] = join(folder, 'cache');
  root = join(folder, 'a', 'b', 'pictures');
  await mkdir(root, { recursive: true });
  for (const [name, count] of [
    ['train', 20],
    ['t10k', 10],
  ] as const) {
    await writeFile(
      join(root, `${name}-images-idx3-ubyte`),
      idx([count, 4, 4], (at) => at % 251),
    );
    await writeFile(
      join(root, `${name}-labels-idx1-ubyte`),
      idx([count], (at) => at % 10),
    );
  }
  await settled();
});
afterAll(async () => {
  if (before === undefined) delete process.env['ABLATE_CACHE'];
  else process.env['ABLATE_CACHE'] = before;
  await rm(folder, { recursive: true });
});

const config = (limit: number | null = null) => datasetSchema.parse({ name: 'kmnist', root, train_limit: limit });
const opened = async (limit: number | null = null) => datasetFingerprint(await openDatasets(config(limit)));
/** Writes into every kept fingerprint what cannot be worked out, so that it shows where one is taken. */
async function mark(): Promise<number> {
  const cache = join(folder, 'cache', 'fingerprints');
  const names = await readdir(cache).catch((): string[] => []);
  for (const name of names) {
    const kept = JSON.parse(await readFile(join(cache, name), 'utf8'));
    await writeFile(join(cache, name), JSON.stringify({ ...kept, fingerprint: 'kept' }));
  }
  return names.length;
}

it('is that of the pictures, and is kept while nothing of them changes', async () => {
  expect(await fingerprintOf(config())).toBe(await opened());
  expect(await mark()).toBe(1);
  expect(await fingerprintOf(config())).toBe('kept');
  // Another part of the data has one of its own.
  expect(await fingerprintOf(config(10))).toBe(await opened(10));
});

it('is worked out anew after one byte changed, though size and time of change were put back', async () => {
  expect(await mark()).toBeGreaterThan(0);
  const file = join(root, 'train-images-idx3-ubyte');
  const { atime, mtime } = await stat(file);
  const bytes = await readFile(file);
  bytes[100] = (bytes[100] as number) ^ 1;
  await writeFile(file, bytes);
  await utimes(file, atime, mtime);
  const found = await fingerprintOf(config());
  expect(found).not.toBe('kept');
  expect(found).toBe(await opened());
});

it('is worked out anew after another file takes the place of one', async () => {
  await settled();
  await fingerprintOf(config());
  await mark();
  expect(await fingerprintOf(config())).toBe('kept');
  // A packed one is read first.
  const { gzipSync } = await import('node:zlib');
  await writeFile(join(root, 't10k-labels-idx1-ubyte.gz'), gzipSync(idx([10], (at) => (at + 1) % 10)));
  const found = await fingerprintOf(config());
  expect(found).not.toBe('kept');
  expect(found).toBe(await opened());
});

it('is not kept of files that were written just now, nor taken from a damaged record', async () => {
  const cache = join(folder, 'cache', 'fingerprints');
  await settled();
  await fingerprintOf(config());
  for (const name of await readdir(cache)) await writeFile(join(cache, name), '{"schema":');
  expect(await fingerprintOf(config())).toBe(await opened());
  await rm(dirname(cache), { recursive: true });
  await writeFile(
    join(root, 'train-labels-idx1-ubyte'),
    idx([20], (at) => (at + 2) % 10),
  );
  expect(await fingerprintOf(config())).toBe(await opened());
  expect(await mark()).toBe(0);
});
