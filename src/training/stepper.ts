import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Model } from '../architecture/model.js';
import type { Recipe } from '../config/recipe.js';
import type { Batch } from '../data/dataset.js';
import type { Engine, Feeds, RunnableStep } from '../engine/engine.js';
import { batchFeeds } from './feeds.js';
import { hyperValues } from './optimizer.js';
import type { TrainingState } from './state.js';
import { accumulationStep, applicationStep, trainingStep } from './steps.js';
import { exampleBatch, tryOut } from './try-out.js';

/** Takes optimizer steps: one pass each, or several with their gradients added up. */
export interface Stepper {
  /** Passes an optimizer step takes, and the pictures of each. */
  readonly passes: number;
  readonly batchSize: number;
  /** Trains on the next `passes` batches, taken one by one as they are needed; gives their mean loss. */
  step(next: () => Promise<Batch>, number: number, learningRate: number): Promise<number>;
  dispose(): void;
}

export interface StepperParts {
  readonly engine: Engine;
  readonly model: Model;
  readonly recipe: Recipe;
  readonly state: TrainingState;
  readonly seed: number;
  /** What the backward pass computes again to save memory; changes no number. */
  readonly recompute?: 'none' | 'blocks';
}

/** How a recipe's batch is cut into passes. Throws where it does not divide. */
export function passesOf({ batch_size, micro_batch_size }: Recipe): { passes: number; batchSize: number } {
  const batchSize = Math.min(micro_batch_size ?? batch_size, batch_size);
  if (batch_size % batchSize !== 0) {
    throw new Error(`micro_batch_size ${batchSize} does not divide batch_size ${batch_size}`);
  }
  return { passes: batch_size / batchSize, batchSize };
}

/** Prepares the recipe's steps on an engine, which compiles them where it can. */
export async function createStepper(parts: StepperParts): Promise<Stepper> {
  const { engine, model, recipe, state, seed, recompute = 'none' } = parts;
  const { tf } = engine.ops;
  const stepParts = { ops: engine.ops, model, recipe, state, recompute };
  const { passes, batchSize } = passesOf(recipe);
  // A compiled step is tried out as it is traced.
  if (!engine.description.compiled) await tryOut(parts);
  const variables = [...state.all.values()];
  const hyper = (number: number, learningRate: number): Tensor =>
    tf.tensor1d(hyperValues(recipe.optimizer, learningRate, number, 1 / passes, recipe.ema?.decay ?? 0));

  const prepare = async (
    step: ReturnType<typeof trainingStep>,
    written: readonly Variable[],
    feeds: (which: 0 | 1) => Feeds,
  ) => {
    const examples = [feeds(0), feeds(1)] as const;
    const prepared = await engine.prepare(step, written, examples);
    tf.dispose(examples.map((example) => Object.values(example)));
    return prepared;
  };
  const example = (which: 0 | 1): Feeds =>
    batchFeeds(engine.ops, model, recipe, exampleBatch(model, batchSize, which), seed, which);

  if (passes === 1) {
    const whole = await prepare(trainingStep(stepParts), variables, (which) => ({
      ...example(which),
      hyper: hyper(which, 0.1 + which),
    }));
    return {
      passes,
      batchSize,
      step: async (next, number, learningRate) => {
        const feeds = {
          ...batchFeeds(engine.ops, model, recipe, await next(), seed, number),
          hyper: hyper(number, learningRate),
        };
        return runForLoss(whole, feeds);
      },
      dispose: () => whole.dispose(),
    };
  }

  const accumulate = await prepare(accumulationStep(stepParts), variables, example);
  const apply = await prepare(applicationStep(stepParts), variables, (which) => ({ hyper: hyper(which, 0.1 + which) }));
  return {
    passes,
    batchSize,
    step: async (next, number, learningRate) => {
      let loss = 0;
      for (let at = 0; at < passes; at++) {
        const feeds = batchFeeds(engine.ops, model, recipe, await next(), seed, number * passes + at);
        loss += (await runForLoss(accumulate, feeds)) / passes;
      }
      const feeds = { hyper: hyper(number, learningRate) };
      tf.dispose(Object.values(await apply.run(feeds)));
      tf.dispose(feeds.hyper);
      return loss;
    },
    dispose: () => {
      accumulate.dispose();
      apply.dispose();
    },
  };

  async function runForLoss(step: RunnableStep, feeds: Feeds): Promise<number> {
    const { loss } = await step.run(feeds);
    const value = (await (loss as Tensor).data())[0] as number;
    tf.dispose([loss as Tensor, ...Object.values(feeds)]);
    return value;
  }
}
