import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { augmentationSchema } from '../../src/config/recipe.js';
import { datasets } from '../../src/data/catalogue.js';
import type { Batch, Dataset } from '../../src/data/dataset.js';
import { evaluationBatches, trainingBatches } from '../../src/data/pipeline.js';

const photos = ['china', 'flower'].map((name) =>
  fileURLToPath(new URL(`../fixtures/augment/${name}.png`, import.meta.url)),
);
const recipe = augmentationSchema.parse({
  random_resized_crop: {},
  flip: true,
  rand_augment: 'rand-m9-mstd0.5-inc1',
  random_erasing: 0.25,
  mixup: 0.8,
  cutmix: 1,
});

let root: string;
let train: Dataset;
let held: Dataset;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ablate-test-'));
  for (const split of ['train', 'val']) {
    for (const [label, photo] of photos.entries()) {
      const folder = join(root, split, `class-${label}`);
      await mkdir(folder, { recursive: true });
      for (let number = 0; number < 6; number++) {
        const picture = sharp(photo).extract({ left: 2 * number, top: number, width: 130 - 9 * number, height: 120 });
        // JPEGs of every kind that a header can announce, and pictures that are decoded whole.
        const progressive = number % 2 === 0;
        const bytes =
          number === 3
            ? await picture.greyscale().jpeg().toBuffer()
            : number === 4
              ? await picture.png().toBuffer()
              : await picture.jpeg({ progressive, quality: 90 }).toBuffer();
        await writeFile(join(folder, `${number}.jpg`), bytes);
      }
    }
  }
  ({ train, test: held } = await datasets.folder.open(root));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function take(threads: number, from: number, count: number): Promise<Batch[]> {
  const options = { resolution: 48, batchSize: 6, batchesPerEpoch: 2, labelSmoothing: 0.1, seed: 1 };
  const batches = trainingBatches({ dataset: train, augmentation: recipe, threads, from, ...options });
  const taken: Batch[] = [];
  for (let at = 0; at < count; at++) taken.push((await batches.next()).value);
  await batches.return(undefined as never);
  return taken;
}

test('batches from files are the same decoded whole or in part, in threads or not, from any start', async () => {
  const whole = await take(0, 0, 5);
  expect(await take(2, 0, 5)).toEqual(whole);
  expect(await take(3, 3, 2)).toEqual(whole.slice(3));
});

test('evaluation reads files in their order, in threads or not', async () => {
  const read = async (threads: number) => {
    const batches: Batch[] = [];
    const evaluation = { crop_ratio: 0.875, interpolation: 'bicubic' } as const;
    for await (const batch of evaluationBatches({ dataset: held, resolution: 40, batchSize: 5, evaluation, threads })) {
      batches.push(batch);
    }
    return batches;
  };
  const here = await read(0);
  expect(await read(2)).toEqual(here);
  expect(here.flatMap(({ labels, size }) => [...labels.slice(0, size)])).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
});

test('a file that is damaged after it was listed is named, in threads too', async () => {
  await writeFile(join(root, 'train', 'class-0', '1.jpg'), Buffer.alloc(0));
  const told: string[] = [];
  const batches = trainingBatches({
    dataset: train,
    resolution: 48,
    batchSize: 12,
    batchesPerEpoch: 1,
    augmentation: recipe,
    labelSmoothing: 0,
    seed: 1,
    from: 0,
    threads: 2,
    onDamaged: (text) => told.push(text),
  });
  await expect(batches.next()).rejects.toThrow(
    /more than 1 % of the train pictures cannot be read, 1 of 12 .*\nNext: ablate data check folder --root \//,
  );
  await batches.return(undefined as never);
  expect(told).toEqual([expect.stringMatching(/class-0\/1\.jpg: has become shorter since it was listed$/)]);
});
