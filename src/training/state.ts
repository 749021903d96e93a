import type { Variable } from '@tensorflow/tfjs-core';
import type { Model } from '../architecture/model.js';
import type { Recipe } from '../config/recipe.js';
import type { Ops } from '../engine/ops.js';
import type { ParameterSpec } from '../layers/layer.js';
import { initialValues } from './initialise.js';
import { passesOf, passOrder } from './passes.js';

/** All that training changes, as variables of an engine; the names are those of checkpoints. */
export interface TrainingState {
  /** Parameters and running statistics by full name, in the model's order. */
  readonly weights: ReadonlyMap<string, Variable>;
  readonly trainable: readonly Variable[];
  /** Optimizer moments: AdamW's first and second, or SGD's momentum, each in the order of `trainable`. */
  readonly moments: readonly (readonly Variable[])[];
  /** Moving averages of all weights by name; empty without EMA. */
  readonly averages: ReadonlyMap<string, Variable>;
  /** Sums of gradients over passes, level by level, each in the order of `trainable`; 0 between steps. See `PassOrder`. */
  readonly sums: readonly (readonly Variable[])[];
  /** Every variable but the sums with a name of its own, for checkpoints. */
  readonly all: ReadonlyMap<string, Variable>;
  /** All of them. */
  readonly variables: readonly Variable[];
  dispose(): void;
}

const momentNames = { adamw: ['first', 'second'], sgd: ['momentum'] } as const;

/**
 * Fresh variables for a model: initial weights by the seed, moments and sums 0, averages equal to the weights.
 *
 * @param ranks processes that share a step's passes.
 */
export function createState(ops: Ops, model: Model, recipe: Recipe, seed: number, ranks = 1): TrainingState {
  const { tf } = ops;
  const all = new Map<string, Variable>();
  const make = (name: string, shape: readonly number[], values: Float32Array, trainable = false): Variable => {
    // A product is in the engine's memory alone. Values as tfjs takes them stay in JavaScript's besides, past the first step.
    const made = tf.tidy(() => tf.variable(tf.mul(tf.tensor(values, [...shape]), 1), trainable));
    all.set(name, made);
    return made;
  };
  const zeros = (shape: readonly number[]): Variable => tf.tidy(() => tf.variable(tf.fill([...shape], 0), false));
  const moments = (prefix: string) =>
    specs.map(({ name, shape }) => {
      const made = zeros(shape);
      all.set(`${prefix}/${name}`, made);
      return made;
    });
  const scaled = (spec: ParameterSpec): Float32Array => {
    const values = initialValues(spec, seed);
    return spec.name.startsWith('head.fc.') ? values.map((value) => value * recipe.head_init_scale) : values;
  };

  const weights = new Map(
    model.parameters.map((spec) => [spec.name, make(spec.name, spec.shape, scaled(spec), spec.trainable)]),
  );
  const specs = model.parameters.filter(({ trainable }) => trainable);
  const state = {
    weights,
    trainable: specs.map(({ name }) => weights.get(name) as Variable),
    moments: momentNames[recipe.optimizer.name].map(moments),
    averages: new Map(
      recipe.ema ? model.parameters.map((spec) => [spec.name, make(`ema/${spec.name}`, spec.shape, scaled(spec))]) : [],
    ),
  };
  const { levels } = passOrder(passesOf(recipe).passes / ranks);
  const sums = Array.from({ length: levels }, () => specs.map(({ shape }) => zeros(shape)));
  const variables = [...all.values(), ...sums.flat()];
  return { ...state, sums, all, variables, dispose: () => tf.dispose(variables) };
}
