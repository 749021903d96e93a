import type { Variable } from '@tensorflow/tfjs-core';
import type { Model } from '../architecture/model.js';
import type { Network } from '../architecture/network.js';
import type { Ops } from '../engine/ops.js';
import type { ParameterSpec } from '../layers/layer.js';
import { type ImportedWeights, importWeights, type ImportOptions } from './import.js';

/** A model's weights as variables of an engine. */
export interface LoadedWeights extends Pick<ImportedWeights, 'naming' | 'places' | 'lines' | 'partial'> {
  readonly variables: ReadonlyMap<string, Variable>;
}

export interface LoadOptions extends ImportOptions {
  /** What a parameter has that the file may lack; needed where something is allowed to be missing or of another size. */
  readonly initial?: (spec: ParameterSpec) => Float32Array;
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
  { initial, ...options }: LoadOptions = {},
): Promise<LoadedWeights> {
  const { tf } = ops;
  const weights = await importWeights(path, network, model, options);
  try {
    const variables = new Map<string, Variable>();
    for (const spec of model.parameters) {
      const drawn = weights.fresh.has(spec.name) ? initial?.(spec) : undefined;
      const values = drawn ?? (await weights.read(spec.name));
      variables.set(
        spec.name,
        tf.tidy(() => tf.variable(tf.tensor(values, [...spec.shape]), spec.trainable)),
      );
    }
    const { naming, places, lines, partial } = weights;
    return { naming, places, lines, partial, variables };
  } finally {
    await weights.close();
  }
}
