import type { Tensor } from '@tensorflow/tfjs-core';
import type { Model } from '../architecture/model.js';
import type { Recipe } from '../config/recipe.js';
import type { Batch } from '../data/dataset.js';
import type { Engine, Feeds, RunnableStep, Step } from '../engine/engine.js';
import type { Group } from '../engine/group.js';
import { batchFeeds } from './feeds.js';
import { hyperValues } from './optimizer.js';
import { passesOf, passOrder, wholeAfter } from './passes.js';
import { heard, said, sharedStep } from './shared-step.js';
import type { TrainingState } from './state.js';
import { accumulationStep, applicationStep, foldStep, trainingStep } from './steps.js';
import { exampleBatch, tryOut } from './try-out.js';

/** Takes optimizer steps: one pass each, or several with their gradients added up. */
export interface Stepper {
  /** Passes of an optimizer step that are this process's, and the pictures of each. */
  readonly passes: number;
  readonly batchSize: number;
  /** Trains on the next `passes` batches, taken one by one as they are needed; gives the mean loss of all the step's passes. */
  step(next: () => Promise<Batch>, number: number, learningRate: number): Promise<number>;
  /** Whether a rank wished to stop when the last step was taken: the same on all ranks. */
  stopWished(): boolean;
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
  /** The processes that share a step's passes; left out, this one alone. */
  readonly group?: Group | null;
  /** Whether this rank wishes to stop. */
  readonly wishesStop?: () => boolean;
}

/** Prepares the recipe's steps on an engine, which compiles them where it can. */
export async function createStepper(parts: StepperParts): Promise<Stepper> {
  const { engine, model, recipe, state, seed, recompute = 'none', group = null, wishesStop = () => false } = parts;
  const { tf } = engine.ops;
  const { passes, batchSize } = passesOf(recipe);
  const stepParts = { ops: engine.ops, model, recipe, state, recompute, several: passes > 1, group };
  // A compiled step is tried out as it is traced.
  if (!engine.description.compiled) await tryOut(parts);
  const hyper = (number: number, learningRate: number): Tensor =>
    tf.tensor1d(hyperValues(recipe.optimizer, learningRate, number, 1 / passes, recipe.ema?.decay ?? 0));
  const feedsOf = (batch: Batch, pass: number): Feeds => batchFeeds(engine.ops, model, recipe, batch, seed, pass);
  const example = (which: 0 | 1): Feeds => feedsOf(exampleBatch(model, batchSize, which), which);
  const exampleHyper = (which: 0 | 1) => ({ hyper: hyper(which, 0.1 + which) });
  const never = () => false;

  if (group) return shareSteps(group);
  if (passes === 1) return takeWhole();
  return accumulate();

  async function prepare(step: Step, feeds: (which: 0 | 1) => Feeds): Promise<RunnableStep> {
    const examples = [feeds(0), feeds(1)] as const;
    const prepared = await engine.prepare(step, state.variables, examples);
    tf.dispose(examples.map((one) => Object.values(one)));
    return prepared;
  }

  async function takeWhole(): Promise<Stepper> {
    const whole = await prepare(trainingStep(stepParts), (which) => ({ ...example(which), ...exampleHyper(which) }));
    return {
      passes,
      batchSize,
      step: async (next, number, learningRate) => {
        const { loss } = await run(whole, { ...feedsOf(await next(), number), hyper: hyper(number, learningRate) });
        return single(loss);
      },
      stopWished: never,
      dispose: () => whole.dispose(),
    };
  }

  async function accumulate(): Promise<Stepper> {
    const add = await prepare(accumulationStep(stepParts), example);
    const folds = await prepareFolds(passes);
    const apply = await prepare(applicationStep(stepParts), exampleHyper);
    return {
      passes,
      batchSize,
      step: async (next, number, learningRate) => {
        let loss = 0;
        for (let at = 0; at < passes; at++) {
          const outputs = await run(add, feedsOf(await next(), number * passes + at));
          loss += (await single(outputs.loss)) / passes;
          await folds.after(at + 1);
        }
        await run(apply, { hyper: hyper(number, learningRate) });
        return loss;
      },
      stopWished: never,
      dispose: () => {
        add.dispose();
        folds.dispose();
        apply.dispose();
      },
    };
  }

  async function shareSteps(group: Group): Promise<Stepper> {
    const own = passes / group.size;
    const add = own > 1 ? await prepare(accumulationStep(stepParts), example) : null;
    const folds = await prepareFolds(own);
    const size = add?.shapes?.averages?.[0] ?? 0;
    const shared = await prepare(sharedStep(stepParts, group, own), (which) => ({
      ...example(which),
      ...exampleHyper(which),
      said: tf.tensor1d(said(which, which === 0, Array<number>(own - 1).fill(which))),
      ...(size > 0 && { averages: tf.fill([own - 1, size], which) }),
    }));
    let stop = false;
    return {
      passes: own,
      batchSize,
      step: async (next, number, learningRate) => {
        const losses: number[] = [];
        const averages: Tensor[] = [];
        const first = number * passes + group.rank * own;
        for (let at = 0; add && at < own - 1; at++) {
          const outputs = await run(add, feedsOf(await next(), first + at));
          losses.push(await single(outputs.loss));
          if (outputs.averages) averages.push(outputs.averages);
          await folds.after(at + 1);
        }
        const outputs = await run(shared, {
          ...feedsOf(await next(), first + own - 1),
          hyper: hyper(number, learningRate),
          said: tf.tensor1d(said(number, wishesStop(), losses)),
          ...(averages.length > 0 && { averages: tf.stack(averages) }),
        }).catch((error: Error) => {
          throw group.explain(error);
        });
        tf.dispose(averages);
        const all = heard((await outputs.heard?.data()) as Float32Array, group, number);
        tf.dispose(outputs.heard as Tensor);
        stop = all.stop;
        return all.losses.reduce((loss, one) => loss + one / passes, 0);
      },
      stopWished: () => stop,
      dispose: () => {
        add?.dispose();
        folds.dispose();
        shared.dispose();
      },
    };
  }

  /** Carries sums that are whole into those above them. */
  async function prepareFolds(own: number) {
    const order = passOrder(own);
    const folds: RunnableStep[] = [];
    for (let level = 0; level + 1 < order.levels; level++)
      folds.push(await prepare(foldStep(stepParts, level), () => ({})));
    return {
      after: async (done: number) => {
        if (done < own || !group)
          for (const level of wholeAfter(done, order)) await run(folds[level] as RunnableStep, {});
      },
      dispose: () => {
        for (const fold of folds) fold.dispose();
      },
    };
  }

  /** Runs a step and lets go of its feeds. */
  async function run(step: RunnableStep, feeds: Feeds) {
    try {
      return await step.run(feeds);
    } finally {
      tf.dispose(Object.values(feeds));
    }
  }

  async function single(loss: Tensor | undefined): Promise<number> {
    const value = (await (loss as Tensor).data())[0] as number;
    tf.dispose(loss as Tensor);
    return value;
  }
}
