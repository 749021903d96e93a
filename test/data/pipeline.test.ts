import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Augmentation, augmentationSchema } from '../../src/config/recipe.js';
import type { Batch, Dataset } from '../../src/data/dataset.js';
import { openDatasets } from '../../src/data/open.js';
import { evaluationBatches, type TrainingBatches, trainingBatches } from '../../src/data/pipeline.js';

const root = fileURLToPath(new URL('../fixtures/fashion-mnist', import.meta.url));
const everything: Augmentation = augmentationSchema.parse({
  random_crop: { padding: 2 },
  flip: true,
  rand_augment: 'rand-m9-mstd0.5-inc1',
  color_jitter: 0.3,
  random_erasing: 0.5,
  mixup: 0.8,
  cutmix: 1,
});
const nothing = augmentationSchema.parse({});

let train: Dataset;
let held: Dataset;
beforeAll(async () => {
  const config = { name: 'fashion-mnist', root, train_limit: null, test_limit: null };
  ({ train, test: held } = await openDatasets(config));
  const pixels = new Uint8Array(new SharedArrayBuffer(train.length * 784));
  for (let index = 0; index < train.length; index++) {
    const picture = await train.picture(index);
    for (let at = 0; at < 784; at++) pixels[index * 784 + at] = picture.pixels[3 * at] as number;
  }
  train = { ...train, source: { kind: 'memory', pixels, height: 28, width: 28, channels: 1, indices: null } };
});

async function take(batches: AsyncGenerator<Batch>, count: number): Promise<Batch[]> {
  const taken: Batch[] = [];
  for (let at = 0; at < count; at++) taken.push((await batches.next()).value);
  await batches.return(undefined);
  return taken;
}

const training = (count: number, changes: Partial<TrainingBatches> = {}) =>
  take(
    trainingBatches({
      dataset: train,
      resolution: 32,
      batchSize: 24,
      batchesPerEpoch: 12,
      augmentation: everything,
      labelSmoothing: 0.1,
      seed: 5,
      from: 0,
      ...changes,
    }),
    count,
  );

describe('training batches', () => {
  test('are the same whatever they start from and however many threads make them', async () => {
    const whole = await training(15, { threads: 0 });
    expect(await training(4, { threads: 0, from: 11 })).toEqual(whole.slice(11));
    expect(await training(15, { threads: 1 })).toEqual(whole);
    expect(await training(15, { threads: 3 })).toEqual(whole);
    expect(await training(2, { threads: 2, from: 13 })).toEqual(whole.slice(13));
  });

  test('differ by seed and by epoch', async () => {
    const [first] = await training(1);
    const [other] = await training(1, { seed: 6 });
    const [later] = await training(1, { from: 12 });
    expect(first?.labels).not.toEqual(other?.labels);
    expect(first?.labels).not.toEqual(later?.labels);
  });

  test('show every picture once an epoch, and no two augmentations of it alike', async () => {
    const epochs = [
      await training(300, { batchSize: 1, batchesPerEpoch: 300, augmentation: nothing }),
      await training(300, { batchSize: 1, batchesPerEpoch: 300, augmentation: nothing, from: 300 }),
    ];
    const pictures = epochs.map((batches) =>
      batches.map(({ images }) => Buffer.from(images.buffer).toString('base64')),
    );
    expect(new Set(pictures[0])).toEqual(new Set(pictures[1]));
    expect(new Set(pictures[0]).size).toBeGreaterThan(295);
    expect(pictures[0]).not.toEqual(pictures[1]);
  });

  test('repeat each picture in views of its own', async () => {
    const [batch] = await training(1, { augmentation: { ...everything, repeats: 3, mixup: 0, cutmix: 0 } });
    const labels = [...(batch as Batch).labels];
    const length = 32 * 32 * 3;
    for (let at = 0; at < labels.length; at += 3) {
      expect(labels[at + 1]).toBe(labels[at]);
      expect(labels[at + 2]).toBe(labels[at]);
    }
    const views = [0, 1, 2].map((at) => (batch as Batch).images.slice(at * length, (at + 1) * length));
    expect(views[0]).not.toEqual(views[1]);
    expect(views[1]).not.toEqual(views[2]);
  });

  test('smooth labels as timm does, and sum to one when mixed', async () => {
    const [plain] = await training(1, { augmentation: nothing });
    const label = plain?.labels[0] as number;
    for (let at = 0; at < 10; at++) expect(plain?.targets[at]).toBeCloseTo(at === label ? 0.91 : 0.01, 6);
    const [mixed] = await training(1);
    for (let row = 0; row < 24; row++) {
      const sum = mixed?.targets.slice(row * 10, row * 10 + 10).reduce((total, share) => total + share, 0);
      expect(sum).toBeCloseTo(1, 5);
    }
  });

  test('normalise, and pad 28x28 to 32 with black', async () => {
    const [batch] = await training(1, { augmentation: nothing, dataset: { ...train, length: 1 }, batchSize: 1 });
    const { pixels } = await train.picture(0);
    const [mean, sd] = [train.mean[0], train.sd[0]];
    for (let row = 0; row < 32; row++) {
      for (let column = 0; column < 32; column++) {
        const inside = row >= 2 && row < 30 && column >= 2 && column < 30;
        const byte = inside ? (pixels[((row - 2) * 28 + column - 2) * 3] as number) : 0;
        const at = (row * 32 + column) * 3;
        expect(Math.abs((batch?.images[at] as number) - (byte / 255 - mean) / sd)).toBeLessThan(1e-6);
      }
    }
  });
});

describe('evaluation batches', () => {
  test('hold every picture once, in order, the last filled up with zeros', async () => {
    const batches: Batch[] = [];
    for await (const batch of evaluationBatches({ dataset: held, resolution: 32, batchSize: 48 })) batches.push(batch);
    expect(batches.map(({ size }) => size)).toEqual([48, 48, 4]);
    const labels = batches.flatMap(({ labels, size }) => [...labels.slice(0, size)]);
    expect(labels).toEqual(Array.from({ length: 100 }, (_, index) => held.label(index)));
    const last = batches[2] as Batch;
    expect(last.images.length).toBe(48 * 32 * 32 * 3);
    expect(last.images.slice(4 * 3072).every((value) => value === 0)).toBe(true);
    expect(last.targets.slice(40).every((value) => value === 0)).toBe(true);
  });

  test.each([24, 48, 64])('fit pictures to a resolution of %i by resizing', async (resolution) => {
    for await (const batch of evaluationBatches({ dataset: held, resolution, batchSize: 100 })) {
      const bright = batch.images.reduce((sum, value) => sum + value, 0) / batch.images.length;
      // No border was added: the mean stays about that of the set, 0 after normalisation.
      expect(Math.abs(bright)).toBeLessThan(0.15);
    }
  });
});

test('pictures that cannot be read are named once and shown as the mean colour; too many end the run', async () => {
  const { DataError } = await import('../../src/data/error.js');
  const damagedAt = (bad: (index: number) => boolean): Dataset => ({
    ...held,
    picture: async (index) => {
      if (bad(index)) throw new DataError(`picture ${index}: cannot be decoded`);
      return held.picture(index);
    },
  });
  const told: string[] = [];
  const read = async (dataset: Dataset) => {
    const found: Batch[] = [];
    const options = { dataset, resolution: 32, batchSize: 50, onDamaged: (text: string) => told.push(text) };
    for await (const batch of evaluationBatches(options)) found.push(batch);
    return found;
  };
  const [batch] = await read(damagedAt((index) => index === 3));
  expect(told).toEqual(['picture 3: cannot be decoded']);
  const { images, unreadable } = batch as Batch;
  expect(unreadable).toEqual([{ index: 3, place: 3, reason: 'picture 3: cannot be decoded' }]);
  expect(Math.max(...images.slice(3 * 3072, 4 * 3072).map(Math.abs))).toBeLessThan(0.01);
  const twice = damagedAt((index) => index === 3 || index === 60);
  await expect(read(twice)).rejects.toThrow(/more than 1 % of the test pictures cannot be read, 2 of 100 so far/);
  await expect(read(damagedAt((index) => index % 2 === 0))).rejects.toThrow(/more than 1 % of the test pictures/);
});
