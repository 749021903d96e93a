import type { Model } from '../architecture/model.js';
import { walk } from '../architecture/walk.js';

/** Float32 values that one training step must hold, per picture and in all. */
export interface MemoryCount {
  /** Outputs of all layers for one picture: what the backward pass reads again. */
  readonly activations: number;
  /** Trainable parameters and running statistics. */
  readonly parameters: number;
}

/** Counts the values behind a training step's memory; `estimateTrainingBytes` turns them into bytes. */
export function countMemory(model: Model): MemoryCount {
  const elements = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);
  let activations = elements(model.input);
  walk(model.tree, model.input, ({ output }) => {
    activations += elements(output);
  });
  return { activations, parameters: model.parameters.reduce((sum, { shape }) => sum + elements(shape), 0) };
}

/**
 * A coarse upper estimate of a training step's memory in bytes: every activation once, parameters with their gradient and
 * `moments` optimizer moments.
 */
export function estimateTrainingBytes(
  { activations, parameters }: MemoryCount,
  batch: number,
  moments: number,
): number {
  return 4 * (activations * batch + parameters * (2 + moments));
}
