import type { Model } from '../architecture/model.js';
import { visitsOf } from '../architecture/walk.js';

/** Values that one training step must hold, per picture and in all. */
export interface MemoryCount {
  /** Outputs of layers that one picture's backward pass reads again, at most at a time. */
  readonly activations: number;
  /** Trainable parameters and running statistics. */
  readonly parameters: number;
}

/** Counts the values behind a training step's memory, with the inside of blocks kept or computed again; `estimateTrainingBytes` turns them into bytes. */
export function countMemory(model: Model, recompute: 'none' | 'blocks' = 'none'): MemoryCount {
  const elements = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);
  const kept = new Map<string, number>([['', elements(model.input)]]);
  let largest = 0;
  for (const { node, path, output } of visitsOf(model)) {
    if (recompute === 'blocks' && node.kind === 'residual') {
      const inside = [...kept].filter(([name]) => name.startsWith(`${path}.`));
      for (const [name] of inside) kept.delete(name);
      largest = Math.max(largest, sum(inside.map(([, size]) => size)));
    }
    kept.set(path, (kept.get(path) ?? 0) + elements(output));
  }
  const activations = sum([...kept.values()]) + largest;
  return { activations, parameters: model.parameters.reduce((sum, { shape }) => sum + elements(shape), 0) };
}

/**
 * A coarse upper estimate of a training step's memory in bytes: every activation once, parameters with their gradient and
 * `moments` optimizer moments. Activations are bfloat16 where the recipe says so by that name, else taken for float32.
 */
export function estimateTrainingBytes(
  { activations, parameters }: MemoryCount,
  {
    batch,
    moments,
    precision,
  }: { batch: number; moments: number; precision: 'float32' | 'bfloat16' | 'bfloat16x3' | 'auto' },
): number {
  return (precision === 'bfloat16' ? 2 : 4) * activations * batch + 4 * parameters * (2 + moments);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
