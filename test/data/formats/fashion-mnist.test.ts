import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { datasets } from '../../../src/data/catalogue.js';
import { mnistFiles } from '../../../src/data/formats/mnist.js';
import { openDatasets } from '../../../src/data/open.js';

const fixture = fileURLToPath(new URL('../../fixtures/fashion-mnist', import.meta.url));
const config = { name: 'fashion-mnist', root: fixture, train_limit: null, test_limit: null };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ablate-test-'));
  for (const name of mnistFiles) await copyFile(join(fixture, `${name}.gz`), join(folder, `${name}.gz`));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('the real pictures come out in their order, grey over three channels', async () => {
  const { train, test: held } = await openDatasets(config);
  expect([train.length, held.length, train.classes.length]).toEqual([300, 100, 10]);
  // The first five labels of the whole set: ankle boot, T-shirt, T-shirt, dress, T-shirt.
  expect([0, 1, 2, 3, 4].map((index) => train.label(index))).toEqual([9, 0, 0, 3, 0]);
  const { height, width, pixels } = await train.picture(0);
  expect([height, width, pixels.length]).toEqual([28, 28, 2352]);
  const raw = gunzipSync(await readFile(join(fixture, 'train-images-idx3-ubyte.gz'))).subarray(16, 16 + 784);
  expect([...pixels]).toEqual([...raw].flatMap((grey) => [grey, grey, grey]));
});

test('limits are balanced over classes, nested, and the same each time', async () => {
  const { train: fifty } = await openDatasets({ ...config, train_limit: 50 });
  const { train: again } = await openDatasets({ ...config, train_limit: 50 });
  const { train: more } = await openDatasets({ ...config, train_limit: 130 });
  const counts = new Array(10).fill(0);
  for (let index = 0; index < fifty.length; index++) counts[fifty.label(index)]++;
  expect(counts).toEqual(new Array(10).fill(5));
  const all = async (set: typeof fifty) => {
    const pictures = Array.from({ length: set.length }, async (_, at) => (await set.picture(at)).pixels);
    return (await Promise.all(pictures)).map((pixels) => Buffer.from(pixels).toString('base64'));
  };
  expect(await all(fifty)).toEqual(await all(again));
  expect((await all(more)).slice(0, 50)).toEqual(await all(fifty));
  expect(fifty.fingerprint).toBe(again.fingerprint);
  expect(fifty.fingerprint).not.toBe(more.fingerprint);
});

test('one changed pixel changes the fingerprint', async () => {
  const name = 'train-images-idx3-ubyte';
  const content = gunzipSync(await readFile(join(folder, `${name}.gz`)));
  content[1000] = (content[1000] as number) ^ 1;
  await rm(join(folder, `${name}.gz`));
  await writeFile(join(folder, name), content);
  const [changed, original] = [await openDatasets({ ...config, root: folder }), await openDatasets(config)];
  expect(changed.train.fingerprint).not.toBe(original.train.fingerprint);
  expect(changed.test.fingerprint).toBe(original.test.fingerprint);
});

test('a missing file, wrong counts and wrong labels are refused by name', async () => {
  const open = () => openDatasets({ ...config, root: folder });
  await rm(join(folder, 't10k-labels-idx1-ubyte.gz'));
  await expect(open()).rejects.toThrow(
    /t10k-labels-idx1-ubyte.gz does not exist.\nNext: put its files into that folder, .*: ablate data fashion-mnist/,
  );
  await copyFile(join(folder, 'train-labels-idx1-ubyte.gz'), join(folder, 't10k-labels-idx1-ubyte.gz'));
  await expect(open()).rejects.toThrow(/100 test pictures, but 300 labels/);
  const labels = gunzipSync(await readFile(join(fixture, 't10k-labels-idx1-ubyte.gz')));
  labels[8 + 17] = 10;
  await writeFile(join(folder, 't10k-labels-idx1-ubyte.gz'), labels);
  await expect(open()).rejects.toThrow(/test label 17 is 10, expected 0 to 9/);
});

test('what is fetched from a folder must have the right checksums, and a refusal leaves the cache as it was', async () => {
  const cache = process.env.ABLATE_CACHE;
  process.env.ABLATE_CACHE = join(folder, 'cache');
  try {
    const fetched = datasets['fashion-mnist'].fetch(fixture, () => {});
    await expect(fetched).rejects.toThrow(
      /train-images-idx3-ubyte: the content's SHA-256 is [0-9a-f]{64}, expected c59f468a/,
    );
    const deeper = join(folder, 'FashionMNIST/raw');
    await mkdir(deeper, { recursive: true });
    for (const name of mnistFiles) await rename(join(folder, `${name}.gz`), join(deeper, `${name}.gz`));
    await expect(datasets['fashion-mnist'].fetch(folder, () => {})).rejects.toThrow(
      /2 files whose checksum is not that of the published fashion-mnist: .*FashionMNIST\/raw\/train-images/,
    );
    const opened = openDatasets({ ...config, root: null });
    await expect(opened).rejects.toThrow(/fashion-mnist is not here/);
  } finally {
    if (cache === undefined) delete process.env.ABLATE_CACHE;
    else process.env.ABLATE_CACHE = cache;
  }
});
