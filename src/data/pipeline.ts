import type { Augmentation } from '../config/recipe.js';
import { createGenerator, permutation } from '../random/generator.js';
import type { Batch, Dataset, Picture } from './dataset.js';
import { drawMix, mixBatch } from './mixing.js';
import { centred, checkFits, type Placement, placePicture } from './place.js';

export interface TrainingBatches {
  readonly dataset: Dataset;
  readonly resolution: number;
  /** Pictures a batch. */
  readonly batchSize: number;
  /** Batches of an epoch; what is left over of the pictures waits for the next epoch's order. */
  readonly batchesPerEpoch: number;
  readonly augmentation: Augmentation;
  readonly labelSmoothing: number;
  readonly seed: number;
  /** Global number of the first batch: a run that goes on sees what it would have seen. */
  readonly from: number;
}

/**
 * Batches without end. Batch k is the same whatever it is started from: the order has a stream for each epoch, the
 * augmentation one for each epoch and picture, mixing one for each batch.
 */
export async function* trainingBatches(options: TrainingBatches): AsyncGenerator<Batch, never> {
  const { dataset, resolution, batchSize, batchesPerEpoch, seed } = options;
  if (dataset.size) checkFits(dataset.name, dataset.size, resolution);
  let order: Uint32Array = new Uint32Array();
  let ordered = -1;
  for (let number = options.from; ; number++) {
    const epoch = Math.floor(number / batchesPerEpoch);
    if (epoch !== ordered) {
      order = permutation(dataset.length, createGenerator(seed, `order/${epoch}`));
      ordered = epoch;
    }
    const start = (number % batchesPerEpoch) * batchSize;
    // A set smaller than a batch fills it by going round.
    const indices = Array.from({ length: batchSize }, (_, at) => order[(start + at) % order.length] as number);
    const batch = await makeBatch(dataset, indices, batchSize, resolution, options.labelSmoothing, (picture, index) =>
      augmented(picture, resolution, options.augmentation, seed, `augmentation/${epoch}/${index}`),
    );
    const mix = drawMix(options.augmentation, resolution, createGenerator(seed, `mixing/${number}`));
    if (mix) mixBatch(mix, batch.images, batch.targets, batchSize, resolution);
    yield batch;
  }
}

export interface EvaluationBatches {
  readonly dataset: Dataset;
  readonly resolution: number;
  readonly batchSize: number;
}

/** The whole set once, in its order. Batches are of full size, the last one filled up with zeros: `size` says how many are real. */
export async function* evaluationBatches({ dataset, resolution, batchSize }: EvaluationBatches): AsyncGenerator<Batch> {
  if (dataset.size) checkFits(dataset.name, dataset.size, resolution);
  for (let start = 0; start < dataset.length; start += batchSize) {
    const size = Math.min(batchSize, dataset.length - start);
    const indices = Array.from({ length: size }, (_, at) => start + at);
    yield await makeBatch(dataset, indices, batchSize, resolution, 0, (picture) => centred(picture, resolution));
  }
}

async function makeBatch(
  dataset: Dataset,
  indices: readonly number[],
  batchSize: number,
  resolution: number,
  smoothing: number,
  place: (picture: Picture, index: number) => Placement,
): Promise<Batch> {
  const classes = dataset.classes.length;
  const area = resolution * resolution * 3;
  const images = new Float32Array(batchSize * area);
  const targets = new Float32Array(batchSize * classes);
  const labels = new Int32Array(batchSize);
  for (let at = 0; at < indices.length; at++) {
    const index = indices[at] as number;
    const waited = dataset.picture(index);
    // A set in memory answers at once; waiting for it all the same would cost a turn of the event loop a picture.
    const picture = waited instanceof Promise ? await waited : waited;
    placePicture(picture, place(picture, index), resolution, dataset, images, at * area);
    const label = dataset.label(index);
    labels[at] = label;
    targets.fill(smoothing / classes, at * classes, (at + 1) * classes);
    targets[at * classes + label] = 1 - smoothing + smoothing / classes;
  }
  return { size: indices.length, images, targets, labels };
}

/** Padded random crop and flip, each picture from a stream of its own. */
function augmented(
  picture: Picture,
  resolution: number,
  augmentation: Augmentation,
  seed: number,
  stream: string,
): Placement {
  const { random_crop: crop, flip } = augmentation;
  const middle = centred(picture, resolution);
  if (!crop && !flip) return middle;
  const generator = createGenerator(seed, stream);
  const padding = crop?.padding ?? 0;
  const move = () => (padding > 0 ? generator.below(2 * padding + 1) - padding : 0);
  return { top: middle.top + move(), left: middle.left + move(), flip: flip && generator.uniform() < 0.5 };
}
