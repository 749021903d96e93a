import { createGenerator } from '../random/generator.js';
import type { Augmentation, Evaluation } from '../config/recipe.js';
import type { Dataset, Picture } from './dataset.js';
import { cutOut } from './pictures/augment/cut-out.js';
import { createFinish } from './pictures/finish.js';
import { meanColour } from './pictures/normalise.js';
import { createPreparation } from './pictures/prepare.js';

/** Pictures a second that one thread takes through each stage of the pipeline. */
export interface Stages {
  /** Read and decoded whole; training decodes only what a crop uses. */
  readonly decode: number;
  /** Cropped, resized and augmented. */
  readonly augment: number;
  /** Normalised, erased and mixed. */
  readonly finish: number;
}

/** Times the stages one after the other on the first pictures of a set. */
export async function timeStages(
  dataset: Dataset,
  resolution: number,
  { augmentation, evaluation, labelSmoothing }: Recipe,
  count: number,
): Promise<Stages> {
  const items = Array.from({ length: count }, (_, at) => ({ index: at % dataset.length, seed: 0, stream: `${at}` }));
  const pictures: Picture[] = [];
  const decode = await speed(count, async () => {
    for (const { index } of items) pictures.push(await dataset.picture(index));
  });
  const fill = meanColour(dataset);
  const prepare = createPreparation({ resolution, augmentation, evaluation, fill, small: dataset.size !== null });
  const bytes = new Uint8Array(count * resolution * resolution * 3);
  const augment = await speed(count, async () => {
    for (const [at, picture] of pictures.entries()) {
      const generator = createGenerator(0, `${at}`);
      const region = prepare.regionOf(picture, generator);
      prepare.finish(region ? cutOut(picture, region) : picture, generator, bytes, at * resolution * resolution * 3);
    }
  });
  const finishing = createFinish({ dataset, resolution, batchSize: count, augmentation, labelSmoothing });
  const finish = await speed(count, () =>
    finishing({ items, bytes, unreadable: [], mixing: { seed: 0, stream: 'mixing' } }),
  );
  return { decode, augment, finish };
}

interface Recipe {
  readonly augmentation: Augmentation;
  readonly evaluation: Evaluation;
  readonly labelSmoothing: number;
}

async function speed(count: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (1000 * count) / (performance.now() - start);
}
