import type { Tensor } from '@tensorflow/tfjs-core';
import type { Model } from '../architecture/model.js';
import type { Recipe } from '../config/recipe.js';
import type { Batch } from '../data/dataset.js';
import type { Feeds } from '../engine/engine.js';
import type { Ops } from '../engine/ops.js';
import { dropPathMasks } from './drop-path.js';

/** A batch, and with stochastic depth its masks, as the tensors that a step is fed. The caller disposes of them. */
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
  return feeds;
}
