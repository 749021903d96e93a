import { createHash } from 'node:crypto';
import type { Model } from '../architecture/model.js';
import type { TreeNode } from '../architecture/tree.js';
import type { PluginContent, RunSpec } from './run.js';

/**
 * Identifies a built network: its tree of layers, input, classes and parameters, so that two ways of writing one network
 * are one. What a plug-in's layers compute is not in it.
 */
export const networkHash = ({ tree, input, classes, parameters }: Model): string =>
  sha256({ tree: describe(tree), input, classes, parameters });

/**
 * Identifies a resolved run by all that decides its numbers except the pictures: the built network, the content of the
 * plug-ins that its steps come from, the recipe, the dataset's name and limits, the content of the weights that it starts
 * from, the seed. Not by paths, names of variants and recipes, devices or machines.
 */
export function designHash(spec: RunSpec, network: string, plugins: readonly PluginContent[]): string {
  const { name: _, replaces: __, ...recipe } = spec.recipe;
  const { name, train_limit, test_limit } = spec.dataset;
  return sha256({
    network,
    recipe,
    dataset: { name, train_limit, test_limit },
    ...(spec.network.weights && { weights: spec.network.weights.sha256 }),
    ...(plugins.length > 0 && { plugins: plugins.map(({ sha256 }) => sha256).sort() }),
    seed: spec.seed,
  });
}

/** A run's hash: its design on these very pictures. Separate, so that records can be recognised where the data is not. */
export function runHash(design: string, datasetFingerprint: string): string {
  return sha256({ design, datasetFingerprint });
}

/** Names the exact pictures of both splits. */
export const datasetFingerprint = ({
  train,
  test,
}: {
  readonly train: { readonly fingerprint: string };
  readonly test: { readonly fingerprint: string };
}): string => `${train.fingerprint} ${test.fingerprint}`;

/** Of a value's canonical JSON, in hexadecimal. */
export const sha256 = (value: unknown): string => createHash('sha256').update(canonical(value)).digest('hex');

/** JSON with the keys of every object in order. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** A tree as plain data: kinds, names and options. */
function describe(node: TreeNode): unknown {
  const { kind, name } = node;
  if (node.kind === 'leaf') return { kind, name, layer: node.layer.kind, options: node.options };
  if (node.kind === 'sequential') return { kind, name, children: node.children.map(describe) };
  const { layerScale, activation, depth } = node;
  return {
    kind,
    name,
    layerScale,
    activation,
    depth,
    branch: describe(node.branch),
    shortcut: node.shortcut && describe(node.shortcut),
  };
}
