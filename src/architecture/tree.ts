/**
 * The tree of layers that a network is built into. Every node has a name; a parameter's full name is the path of names
 * to its leaf, joined by dots, then the parameter's own: `stages.1.blocks.0.conv2.weight`.
 */
import type { LayerKind } from '../layers/layer.js';

export type TreeNode = Sequential | Residual | Leaf;

export interface Sequential {
  readonly kind: 'sequential';
  readonly name: string;
  readonly children: readonly TreeNode[];
}

/** shortcut(x) + keep * gamma * branch(x), then the activation. `keep` is stochastic depth's mask, one value a sample. */
export interface Residual {
  readonly kind: 'residual';
  readonly name: string;
  readonly branch: Sequential;
  /** Null is the identity. */
  readonly shortcut: Sequential | null;
  /** Initial value of gamma, a parameter `gamma` of shape [C]; null is none. */
  readonly layerScale: number | null;
  readonly activation: 'relu' | 'gelu' | null;
}

/** A layer of the tree: its kind (see layers/) and options. */
export interface Leaf<Options = unknown> {
  readonly kind: 'leaf';
  readonly name: string;
  readonly layer: LayerKind<Options>;
  readonly options: Options;
}
