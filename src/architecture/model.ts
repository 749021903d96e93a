import type { DrawSpec, ParameterSpec, Shape } from '../layers/layer.js';
import type { Sequential } from './tree.js';

/** A network built: its tree, and everything that follows from the tree and the input's shape alone. */
export interface Model {
  readonly name: string;
  readonly tree: Sequential;
  /** `[H, W, C]`. */
  readonly input: Shape;
  readonly classes: number;
  /** In the tree's order; `name` is the full path. */
  readonly parameters: readonly ParameterSpec[];
  /** Chance that layers take in training; `name` is the full path. */
  readonly draws: readonly DrawSpec[];
  /** Residual nodes in the tree's order. */
  readonly blocks: number;
  /** Per residual node: factor in [0, 1] on the recipe's stochastic-depth rate. Linear over blocks, 0 for the first. */
  readonly dropPathScale: readonly number[];
}
