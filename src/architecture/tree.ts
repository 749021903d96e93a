/**
 * The tree of layers that a network is built into. Every node has a name; a parameter's full name is the path of names
 * to its leaf, joined by dots (empty names left out), then the parameter's own: `stages.1.blocks.0.conv2.weight`.
 */
import { LayerError, type LayerKind } from '../layers/layer.js';

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
  /** Where the block stands in the network, 0 (first) to 1 (last): factor on the recipe's stochastic-depth rate. */
  readonly depth: number;
}

/** A layer of the tree: its kind (see layers/) and options. */
export interface Leaf<Options = unknown> {
  readonly kind: 'leaf';
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: a tree holds leaves of every kind; `leaf()` ties kind and options together
  readonly layer: LayerKind<any>;
  readonly options: Options;
}

/** A leaf whose options fit its kind. */
export function leaf<Options>(name: string, layer: LayerKind<Options>, options: Options): Leaf<Options> {
  return { kind: 'leaf', name, layer, options };
}

export function sequential(name: string, children: readonly TreeNode[]): Sequential {
  return { kind: 'sequential', name, children };
}

/** Throws a `LayerError` where something in a tree is no node of one: slots and rewrites are plug-ins' own code. */
export function checkTree(node: unknown, above = 'the network'): asserts node is TreeNode {
  const { kind, name, children, branch, shortcut, layer } = (node ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string')
    throw new LayerError(`${above}: a slot or rewrite gives no node; expected what leaf() or sequential() returns`);
  const here = name === '' ? above : name;
  if (kind === 'sequential' && Array.isArray(children)) for (const child of children) checkTree(child, here);
  else if (kind === 'residual' && branch)
    for (const part of [branch, ...(shortcut ? [shortcut] : [])]) checkTree(part, here);
  else if (
    kind !== 'leaf' ||
    typeof (layer as { outputShape?: unknown } | null | undefined)?.outputShape !== 'function'
  )
    throw new LayerError(`${here}: it is neither a layer nor nodes in a row nor a residual of them`);
}
