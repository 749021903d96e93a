/**
 * Whether XLA's step is TensorFlow's: the same ops, from the same weights on the same pictures, a few steps of both. Rounding
 * grows from step to step, under batch norm on small maps by orders of magnitude, so that no fixed distance tells right from
 * wrong. The yardstick is TensorFlow's own step from weights and pictures that are a few last bits away.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Model } from '../architecture/model.js';
import type { Recipe } from '../config/recipe.js';
import type { Batch } from '../data/dataset.js';
import type { Compiler, Engine, RunnableStep } from '../engine/engine.js';
import { engineOn } from '../engine/tensorflow/engine.js';
import { type LoadOptions, loadTensorflow } from '../engine/tensorflow/load.js';
import { createGenerator } from '../random/generator.js';
import { prepareEvaluation } from '../training/evaluator.js';
import { createState } from '../training/state.js';
import { createStepper } from '../training/stepper.js';
import { startSeed, stepBatch } from './same-start.js';

/** How far apart the two compilers' steps are, each relative to what TensorFlow's gives. */
export interface CompilersApart {
  /** Of the first loss. */
  readonly loss: Distance;
  /** Of an evaluation step's losses of single pictures, the largest. */
  readonly evaluation: number;
  /** Of running means and variances after a step; null where the network has none. */
  readonly statistics: number | null;
  /** Of all variables together: weights, moments, statistics and averages. */
  readonly first: Distance;
  /** The same after the last step. */
  readonly last: Distance;
  /** From the start of XLA's first call to its end, less a later one. */
  readonly compileSeconds: number;
}

export interface Distance {
  readonly xla: number;
  /** Of TensorFlow's own steps from a few last bits away, the largest of some tries. */
  readonly noise: number;
}

export interface ComparedStep {
  readonly model: Model;
  readonly recipe: Recipe;
  readonly recompute?: 'none' | 'blocks';
  /** Steps after which the variables are compared last. */
  readonly steps: number;
}

/** Engines on TensorFlow's own ops that differ in the compiler only. */
export function bothCompilers(options: LoadOptions): Readonly<Record<Compiler, Engine>> {
  const loaded = loadTensorflow(options);
  return { tensorflow: engineOn(loaded, null, {}), xla: engineOn(loaded, null, { compiler: 'xla' }) };
}

/** How far XLA's variables may be from TensorFlow's, in times the yardstick, and what rounding comes to without any. */
const timesNoise = 3;
const rounding = 4e-6;
const lossLimit = 1e-5;

/** Four last bits of a float: what the roundings of some layers come to. */
const lastBits = 4 * 2 ** -23;

/** What is further apart than rounding explains, in words; empty where nothing is. */
export function tooFar({ loss, evaluation, statistics, first, last }: CompilersApart): string[] {
  const beyond = (what: string, found: number, limit: number) =>
    // Written so that NaN counts as far.
    found <= limit ? [] : [`${what} ${found.toExponential(1)} apart, allowed ${limit.toExponential(1)}`];
  const allowed = ({ noise }: Distance) => timesNoise * noise + rounding;
  // Batch norm passes on what its statistics are apart, which is more than a few last bits where sums are taken in another order.
  const statisticsNoise = loss.noise * Math.max(1, (statistics ?? 0) / lastBits);
  return [
    ...beyond('the first losses are', loss.xla, Math.max(lossLimit, timesNoise * statisticsNoise)),
    ...beyond("the evaluation's losses are", evaluation, lossLimit),
    ...beyond('running statistics are', statistics ?? 0, lossLimit),
    ...beyond('variables after a step are', first.xla, allowed(first)),
    ...beyond('variables at the end are', last.xla, allowed(last)),
  ];
}

type Values = ReadonlyMap<string, Float32Array>;

interface Trained {
  readonly losses: readonly number[];
  readonly evaluated: Float32Array;
  readonly afterFirst: Values;
  readonly afterLast: Values;
  readonly seconds: readonly number[];
}

/** Tries of the yardstick: whether a rounding crosses a ReLU's zero, and moves the gradients by a thousandth, is luck. */
const tries = 8;

/** Trains a network by both compilers, and by TensorFlow's from starts next to the given one. */
export async function compareCompilers(
  engines: Readonly<Record<Compiler, Engine>>,
  step: ComparedStep,
): Promise<CompilersApart> {
  const batch = stepBatch({ batch: step.recipe.batch_size, classes: step.model.classes }, step.model);
  const exactly = { batch, weight: (value: number) => value };
  const near = Array.from({ length: tries }, (_, at) => nextTo(batch, at));
  const [plain, ...others] = (await train(engines.tensorflow, step, [exactly, ...near])) as [Trained, ...Trained[]];
  const [xla] = (await train(engines.xla, step, [exactly])) as [Trained];
  const against = (of: (one: Trained) => Values): Distance => ({
    xla: distance(of(plain), of(xla)),
    noise: Math.max(...others.map((one) => distance(of(plain), of(one)))),
  });
  const statistics = ({ afterFirst }: Trained) =>
    new Map([...afterFirst].filter(([name]) => /^(?!ema).*running_/.test(name)));
  return {
    loss: {
      xla: Math.abs((xla.losses[0] as number) / (plain.losses[0] as number) - 1),
      noise: Math.max(...others.map(({ losses }) => Math.abs((losses[0] as number) / (plain.losses[0] as number) - 1))),
    },
    evaluation: Math.max(...plain.evaluated.map((value, at) => Math.abs((xla.evaluated[at] as number) / value - 1))),
    statistics: statistics(plain).size === 0 ? null : distance(statistics(plain), statistics(xla)),
    first: against(({ afterFirst }) => afterFirst),
    last: against(({ afterLast }) => afterLast),
    compileSeconds: (xla.seconds[0] as number) - (xla.seconds.at(-1) as number),
  };
}

/** What steps start from: pictures, and what is made of each of the first weights. */
interface Start {
  readonly batch: Batch;
  readonly weight: (value: number) => number;
}

/** Every pixel and every weight a few last bits away, up or down by chance. */
function nextTo(batch: Batch, at: number): Start {
  const generator = createGenerator(at, 'next to');
  const weight = (value: number) => value * (1 + (generator.uniform() < 0.5 ? 1 : -1) * lastBits);
  return { batch: { ...batch, images: batch.images.map(weight) }, weight };
}

/** A few steps from each start. */
async function train(
  engine: Engine,
  { model, recipe, recompute = 'none', steps }: ComparedStep,
  starts: readonly Start[],
): Promise<Trained[]> {
  const { tf } = engine.ops;
  const state = createState(engine.ops, model, recipe, startSeed);
  const take = () =>
    new Map([...state.all].map(([name, variable]) => [name, variable.dataSync().slice() as Float32Array]));
  const fresh = take();
  const evaluation = await prepareEvaluation(engine, model, state.weights, recipe.batch_size);
  const stepper = await createStepper({ engine, model, recipe, state, seed: startSeed, recompute });
  const trained: Trained[] = [];
  for (const { batch, weight } of starts) {
    for (const [name, variable] of state.all) {
      const values = (fresh.get(name) as Float32Array).map(weight);
      tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
    }
    const evaluated = await evaluate(engine, evaluation, model, batch);
    const losses: number[] = [];
    const seconds: number[] = [];
    let afterFirst: Values = new Map();
    for (let number = 0; number < steps; number++) {
      const began = performance.now();
      losses.push(await stepper.step(async () => batch, number, recipe.optimizer.learning_rate));
      seconds.push((performance.now() - began) / 1000);
      if (number === 0) afterFirst = take();
    }
    trained.push({ losses, evaluated, afterFirst, afterLast: take(), seconds });
  }
  evaluation.dispose();
  stepper.dispose();
  state.dispose();
  return trained;
}

/** The losses of single pictures. */
async function evaluate(engine: Engine, step: RunnableStep, model: Model, batch: Batch): Promise<Float32Array> {
  const { tf } = engine.ops;
  const feeds = {
    images: tf.tensor(batch.images, [batch.size, ...model.input]),
    targets: tf.tensor(batch.targets, [batch.size, model.classes]),
  };
  const outputs = await step.run(feeds);
  const losses = Float32Array.from(await (outputs.loss as Tensor).data());
  tf.dispose([...Object.values(outputs), ...Object.values(feeds)]);
  return losses;
}

/** |a - b| / |a| over all values. */
function distance(a: Values, b: Values): number {
  let apart = 0;
  let whole = 0;
  for (const [name, values] of a) {
    const others = b.get(name) as Float32Array;
    for (const [at, value] of values.entries()) {
      apart += (value - (others[at] as number)) ** 2;
      whole += value ** 2;
    }
  }
  return Math.sqrt(apart / whole);
}
