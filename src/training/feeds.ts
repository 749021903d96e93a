import type { Tensor } from '@tensorflow/tfjs-core';
import type { Model } from '../architecture/model.js';
import type { Recipe } from '../config/recipe.js';
import type { Batch } from '../data/dataset.js';
import type { Feeds } from '../engine/engine.js';
import type { Ops } from '../engine/ops.js';
import { drawValues } from './draws.js';
import { dropPathMasks } from './drop-path.js';

/** The feed of a layer's draw. */
export const drawFeed = (name: string): string => `draw/${name}`;

/** A batch, with stochastic depth its masks, and what layers draw, as the tensors that a step is fed. The caller disposes of them. */
export function batchFeeds({ tf }: Ops, model: Model, recipe: Recipe, batch: Batch, seed: number, pass: number): Feeds {
  const [height, width, channels] = model.input as [number, number, number];
  const size = batch.images.length / (height * width * channels);
  const feeds: Record<string, Tensor> = {
    images: tf.tensor(batch.images, [size, height, width, channels]),
    targets: tf.tensor(batch.targets, [size, model.classes]),
  };
  if (recipe.drop_path > 0) {
    const masks = dropPathMasks(recipe.drop_path, model.dropPathScale, size, seed, pass);
    feeds.keep = tf.tensor(masks, [model.blocks, size]);
  }
  for (const spec of model.draws) {
    const shape = spec.per === 'batch' ? spec.shape : [size, ...spec.shape];
    feeds[drawFeed(spec.name)] = tf.tensor(drawValues(spec, size, seed, pass), [...shape]);
  }
  return feeds;
}
