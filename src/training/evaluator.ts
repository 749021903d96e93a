import type { Model } from '../architecture/model.js';
import type { Recipe } from '../config/recipe.js';
import type { Dataset } from '../data/dataset.js';
import { evaluationBatches } from '../data/pipeline.js';
import type { Engine, RunnableStep } from '../engine/engine.js';
import type { Group } from '../engine/group.js';
import type { Predictions } from '../records/predictions.js';
import { type Accuracy, evaluate, evaluateTogether, type Measured } from './evaluate.js';
import type { TrainingState } from './state.js';
import { evaluationStep } from './steps.js';

export interface EvaluatorParts {
  readonly engine: Engine;
  readonly model: Model;
  readonly recipe: Recipe;
  readonly state: TrainingState;
  /** Pictures a pass. */
  readonly batchSize: number;
  readonly cores?: number | undefined;
  readonly warn: (text: string) => void;
  /** The processes that share the set; left out, this one alone. */
  readonly group?: Group | null;
}

/** What the weights say of a set and, where the recipe keeps one, their moving average. */
export interface EvaluatedSet {
  readonly plain: Accuracy;
  readonly ema: Accuracy | null;
  /** Pictures of the set that could not be read: they are in none of the numbers. */
  readonly unreadable: number;
  /** Of the weights, picture by picture. */
  readonly predictions: Predictions;
}

export interface Evaluator {
  measure(dataset: Dataset): Promise<EvaluatedSet>;
  dispose(): void;
}

/** The evaluation step of some weights, as an engine runs it best, for passes of `batchSize` pictures. */
export async function prepareEvaluation(
  engine: Engine,
  model: Model,
  weights: TrainingState['weights'],
  batchSize: number,
): Promise<RunnableStep> {
  const { tf } = engine.ops;
  const feeds = () => ({
    images: tf.randomUniform([batchSize, ...model.input]),
    targets: tf.randomUniform([batchSize, model.classes]),
  });
  const examples = [feeds(), feeds()] as const;
  const step = evaluationStep({ ops: engine.ops, model }, weights);
  const prepared = await engine.prepare(step, [...weights.values()], examples);
  tf.dispose(examples.map((example) => Object.values(example)));
  return prepared;
}

/** Prepares the evaluation's steps, so that what fails in them fails before anything is trained. */
export async function createEvaluator(parts: EvaluatorParts): Promise<Evaluator> {
  const { engine, model, recipe, state, batchSize, cores, warn, group = null } = parts;
  const plain = await prepareEvaluation(engine, model, state.weights, batchSize);
  const ema = recipe.ema ? await prepareEvaluation(engine, model, state.averages, batchSize) : null;
  const resolution = model.input[0] as number;
  const by = (step: RunnableStep, dataset: Dataset): Promise<Measured> => {
    const { evaluation } = recipe;
    const part = group ? { first: group.rank, count: 1, of: group.size } : undefined;
    const batches = evaluationBatches({ dataset, resolution, batchSize, evaluation, cores, part, onDamaged: warn });
    const judging = [engine, step, batches, resolution, model.classes] as const;
    if (!group) return evaluate(...judging);
    return evaluateTogether(group, { pictures: dataset.length, batchSize }, [...judging]);
  };
  return {
    measure: async (dataset) => {
      const { unreadable, predictions, ...measured } = await by(plain, dataset);
      if (!ema) return { plain: measured, ema: null, unreadable, predictions };
      const { unreadable: _, predictions: __, ...average } = await by(ema, dataset);
      return { plain: measured, ema: average, unreadable, predictions };
    },
    dispose: () => {
      plain.dispose();
      ema?.dispose();
    },
  };
}
