import type { Augmentation } from '../../config/recipe.js';
import { createGenerator } from '../../random/generator.js';
import { drawErasure, eraseRegion } from './augment/erase.js';
import type { Batch, Dataset } from '../dataset.js';
import { drawMix, mixBatch } from './mixing.js';
import { normalisationTables, normalise } from './normalise.js';
import type { Item } from '../threads/job.js';
import type { UnreadablePlace } from '../unreadable.js';

/** A batch whose pictures are prepared. */
export interface Prepared {
  readonly items: readonly Item[];
  readonly bytes: Uint8Array;
  readonly unreadable: readonly UnreadablePlace[];
  /** Names the stream that mixing draws from; null mixes nothing. */
  readonly mixing: { readonly seed: number; readonly stream: string } | null;
}

export interface Finish {
  readonly dataset: Dataset;
  readonly resolution: number;
  readonly batchSize: number;
  readonly augmentation: Augmentation | null;
  readonly labelSmoothing: number;
}

/**
 * What is done to whole batches, in timm's order: normalisation, random erasing, targets with smoothing, mixing. Places
 * without a picture stay zero. Gives the event loop a turn between pictures now and then.
 */
export function createFinish({ dataset, resolution, batchSize, augmentation, labelSmoothing }: Finish) {
  const tables = normalisationTables(dataset);
  const length = resolution * resolution * 3;
  const classes = dataset.classes.length;
  const erasing = augmentation?.random_erasing ?? 0;
  /** Pictures between two turns: about five milliseconds of work. */
  const stride = Math.ceil(4_000_000 / length);

  return async ({ items, bytes, mixing, unreadable }: Prepared): Promise<Batch> => {
    const images = new Float32Array(batchSize * length);
    const targets = new Float32Array(batchSize * classes);
    const labels = new Int32Array(batchSize);
    for (const [at, { index, seed, stream }] of items.entries()) {
      normalise(bytes, tables, images, at * length, (at + 1) * length);
      if (erasing > 0) {
        const generator = createGenerator(seed, `erasing/${stream}`);
        const region = drawErasure(resolution, erasing, generator);
        if (region) eraseRegion(images, at * length, resolution, region, generator);
      }
      const label = dataset.label(index);
      labels[at] = label;
      targets.fill(labelSmoothing / classes, at * classes, (at + 1) * classes);
      targets[at * classes + label] = 1 - labelSmoothing + labelSmoothing / classes;
      if (at % stride === stride - 1) await new Promise((resolve) => setImmediate(resolve));
    }
    if (augmentation && mixing) {
      const mix = drawMix(augmentation, resolution, createGenerator(mixing.seed, mixing.stream));
      if (mix) mixBatch(mix, images, targets, batchSize, resolution);
    }
    return { size: items.length, images, targets, labels, unreadable };
  };
}
