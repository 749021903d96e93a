import type { Tensor, Tensor1D, Variable } from '@tensorflow/tfjs-core';
import type { Ops } from '../engine/ops.js';
import type { TrainingState } from './state.js';

/** A pass's own values of running averages, by full name. */
export type Averages = ReadonlyMap<string, { readonly value: Tensor; readonly momentum: number }>;

/** Running averages laid end to end, so that one op moves them all. */
export interface FlatAverages {
  readonly variables: readonly Variable[];
  /** `[S]`: the share that a pass has in each. */
  readonly momenta: Float32Array;
  /** `[S]`: what this pass gives. */
  readonly values: Tensor1D;
}

export function flatAverages({ tf }: Ops, { weights }: TrainingState, averages: Averages): FlatAverages {
  const variables = [...averages.keys()].map((name) => weights.get(name) as Variable);
  const momenta = [...averages.values()].flatMap(({ value, momentum }) => Array<number>(value.size).fill(momentum));
  const values = concat(
    tf,
    [...averages.values()].map(({ value }) => value),
  );
  return { variables, momenta: Float32Array.from(momenta), values };
}

/**
 * Moves running averages on by passes, one after the other: average = (1 - momentum) average + momentum value.
 *
 * @param passes the values of each, `[S]`.
 */
export function moveOn(
  { tf }: Ops,
  { variables, momenta }: Pick<FlatAverages, 'variables' | 'momenta'>,
  passes: readonly Tensor[],
): void {
  const share = tf.tensor1d(momenta);
  const kept = tf.tensor1d(momenta.map((momentum) => 1 - momentum));
  let moved: Tensor = concat(tf, variables);
  for (const values of passes) moved = tf.add(tf.mul(moved, kept), tf.mul(values, share));
  const parts = tf.split(
    moved,
    variables.map(({ size }) => size),
  );
  for (const [at, variable] of variables.entries()) variable.assign(tf.reshape(parts[at] as Tensor, variable.shape));
}

const concat = (tf: Ops['tf'], tensors: readonly Tensor[]): Tensor1D =>
  tf.concat1d(tensors.map((tensor) => tf.reshape(tensor, [tensor.size]) as Tensor1D));
