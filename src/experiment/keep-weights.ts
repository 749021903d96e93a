import { join } from 'node:path';
import type { Variable } from '@tensorflow/tfjs-core';
import type { Model } from '../architecture/model.js';
import type { Network } from '../architecture/network.js';
import { exportWeights } from '../weights/export.js';

type Weights = ReadonlyMap<string, Variable>;

/**
 * Writes a finished run's weights beside its records as weights.safetensors, and its moving averages, where it has them,
 * as weights-ema.safetensors: under this program's names, which predict, evaluate and export read.
 */
export async function keepWeights(
  folder: string,
  network: Network,
  model: Model,
  weights: Weights,
  averages: Weights,
): Promise<void> {
  const write = async (name: string, tensors: Weights) => {
    const values = new Map<string, Float32Array>();
    for (const [own, tensor] of tensors) values.set(own, (await tensor.data()) as Float32Array);
    await exportWeights(join(folder, name), {
      network,
      model,
      naming: 'ablate',
      values: (own) => values.get(own) as Float32Array,
    });
  };
  await write('weights.safetensors', weights);
  if (averages.size > 0) await write('weights-ema.safetensors', averages);
}
