import type { Ops } from '../engine/ops.js';
import type { ImportedWeights } from '../weights/import.js';
import type { TrainingState } from './state.js';

/** Puts weights from a file in the place of those that the seed drew, moving averages included; fresh ones stay. */
export async function startFrom({ tf }: Ops, state: TrainingState, weights: ImportedWeights): Promise<void> {
  for (const [name, variable] of state.weights) {
    if (weights.fresh.has(name)) continue;
    const values = await weights.read(name);
    for (const target of [variable, state.averages.get(name)]) {
      tf.tidy(() => target?.assign(tf.tensor(values, variable.shape)));
    }
  }
}
