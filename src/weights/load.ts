import type { Variable } from '@tensorflow/tfjs-core';
import type { Model } from '../architecture/model.js';
import type { Network } from '../architecture/network.js';
import type { Ops } from '../engine/ops.js';
import { importWeights } from './import.js';
import type { Naming } from './naming/index.js';

/** A model's weights as variables of an engine. */
export interface LoadedWeights {
  readonly naming: Naming;
  readonly variables: ReadonlyMap<string, Variable>;
}

/**
 * Loads weights of any known naming into an engine, one tensor at a time, so that no more than one stands in memory twice.
 * Throws a `WeightsError` before anything is made where the file does not fit.
 */
export async function loadWeights(
  ops: Ops,
  network: Network,
  model: Model,
  path: string,
  naming?: Naming,
): Promise<LoadedWeights> {
  const { tf } = ops;
  const weights = await importWeights(path, network, model, naming);
  try {
    const variables = new Map<string, Variable>();
    for (const { name, shape, trainable } of model.parameters) {
      const values = await weights.read(name);
      variables.set(
        name,
        tf.tidy(() => tf.variable(tf.tensor(values, [...shape]), trainable)),
      );
    }
    return { naming: weights.naming, variables };
  } finally {
    await weights.close();
  }
}
