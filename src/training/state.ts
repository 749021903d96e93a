import type { Variable } from '@tensorflow/tfjs-core';
import type { Model } from '../architecture/model.js';
import type { Recipe } from '../config/recipe.js';
import type { Ops } from '../engine/ops.js';
import type { ParameterSpec } from '../layers/layer.js';
import { initialValues } from './initialise.js';

/** All that training changes, as variables of an engine; the names are those of checkpoints. */
export interface TrainingState {
  /** Parameters and running statistics by full name, in the model's order. */
  readonly weights: ReadonlyMap<string, Variable>;
  readonly trainable: readonly Variable[];
  /** Optimizer moments: AdamW's first and second, or SGD's momentum, each in the order of `trainable`. */
  readonly moments: readonly (readonly Variable[])[];
  /** Moving averages of all weights by name; empty without EMA. */
  readonly averages: ReadonlyMap<string, Variable>;
  /** Sums of gradients over micro-batches; empty where a batch goes through at once. */
  readonly sums: readonly Variable[];
  /** Every variable with a name of its own, for checkpoints. */
  readonly all: ReadonlyMap<string, Variable>;
  dispose(): void;
}

const momentNames = { adamw: ['first', 'second'], sgd: ['momentum'] } as const;

/** Fresh variables for a model: initial weights by the seed, moments and sums 0, averages equal to the weights. */
export function createState(ops: Ops, model: Model, recipe: Recipe, seed: number): TrainingState {
  const { tf } = ops;
  const all = new Map<string, Variable>();
  const make = (name: string, shape: readonly number[], values: Float32Array, trainable = false): Variable => {
    const variable = tf.tidy(() => tf.variable(tf.tensor(values, [...shape]), trainable));
    all.set(name, variable);
    return variable;
  };
  const zeros = (prefix: string, specs: readonly ParameterSpec[]) =>
    specs.map(({ name, shape }) => make(`${prefix}/${name}`, shape, new Float32Array(size(shape))));
  const scaled = (spec: ParameterSpec): Float32Array => {
    const values = initialValues(spec, seed);
    return spec.name.startsWith('head.fc.') ? values.map((value) => value * recipe.head_init_scale) : values;
  };

  const weights = new Map(
    model.parameters.map((spec) => [spec.name, make(spec.name, spec.shape, scaled(spec), spec.trainable)]),
  );
  const specs = model.parameters.filter(({ trainable }) => trainable);
  const accumulates = recipe.micro_batch_size !== null && recipe.micro_batch_size < recipe.batch_size;
  return {
    weights,
    trainable: specs.map(({ name }) => weights.get(name) as Variable),
    moments: momentNames[recipe.optimizer.name].map((name) => zeros(name, specs)),
    averages: new Map(
      recipe.ema ? model.parameters.map((spec) => [spec.name, make(`ema/${spec.name}`, spec.shape, scaled(spec))]) : [],
    ),
    sums: accumulates ? zeros('sum', specs) : [],
    all,
    dispose: () => tf.dispose([...all.values()]),
  };
}

const size = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);
