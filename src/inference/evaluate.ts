import type { Variable } from '@tensorflow/tfjs-core';
import type { Model } from '../architecture/model.js';
import type { Batch, Dataset } from '../data/dataset.js';
import { evaluationBatches } from '../data/pipeline.js';
import type { Engine } from '../engine/engine.js';
import { type Accuracy, evaluate } from '../training/evaluate.js';
import { prepareEvaluation } from '../training/evaluator.js';
import type { Fit } from './preparation.js';

export interface WeightsEvaluation {
  readonly engine: Engine;
  readonly model: Model;
  readonly weights: ReadonlyMap<string, Variable>;
  readonly dataset: Dataset;
  readonly fit: Fit;
  /** Whether pictures count as of one small size; left out, where the dataset's are. */
  readonly small?: boolean;
  /** Pictures a step. */
  readonly batchSize: number;
  /** Told how many pictures are done. */
  readonly onProgress?: (done: number) => void;
  readonly onDamaged?: (text: string) => void;
}

/** Top-1, top-5 and loss of weights on every picture of a dataset, with running statistics. */
export async function evaluateWeights(options: WeightsEvaluation): Promise<Accuracy> {
  const { engine, model, weights, dataset, fit, small, batchSize, onProgress, onDamaged } = options;
  const resolution = model.input[0] as number;
  const step = await prepareEvaluation(engine, model, weights, batchSize);
  const batches = evaluationBatches({ dataset, resolution, batchSize, evaluation: fit, small, onDamaged });
  try {
    const counting = counted(batches, onProgress);
    const { predictions: _, ...accuracy } = await evaluate(engine, step, counting, resolution, model.classes);
    return accuracy;
  } finally {
    step.dispose();
  }
}

async function* counted(batches: AsyncIterable<Batch>, onProgress?: (done: number) => void): AsyncGenerator<Batch> {
  let done = 0;
  for await (const batch of batches) {
    yield batch;
    done += batch.size;
    onProgress?.(done);
  }
}
