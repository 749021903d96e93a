import { createHash } from 'node:crypto';
import type { Model } from '../architecture/model.js';
import type { TreeNode } from '../architecture/tree.js';
import type { NetworkSpec, PluginContent, RunSpec } from './run.js';

/**
 * Identifies a built network: its tree of layers, input, classes and parameters, so that two ways of writing one network
 * are one. What a plug-in's layers compute is not in it.
 */
export const networkHash = ({ tree, input, classes, parameters }: Model): string =>
  hashOf(JSON.stringify({ tree: describe(tree), input, classes, parameters }));

/**
 * Identifies how a network is trained, all but the seed and the pictures: the built network, the content of the plug-ins
 * that its steps come from, the recipe, the dataset's name and limits, what is held out of it, the content of the weights
 * that it starts from. Not by paths, names of variants and recipes, devices or machines.
 */
export function protocolHash(
  spec: Omit<RunSpec, 'seed'>,
  network: string,
  plugins: readonly Pick<PluginContent, 'sha256'>[],
): string {
  const { name: _, replaces: __, ...recipe } = spec.recipe;
  const { name, train_limit, test_limit } = spec.dataset;
  return sha256({
    network,
    recipe,
    dataset: { name, train_limit, test_limit },
    ...(spec.validation && { validation: spec.validation }),
    ...(spec.trial && { trial: spec.trial }),
    ...(spec.repeat && { repeat: spec.repeat }),
    ...(spec.network.weights && { weights: startIdentity(spec.network.weights) }),
    ...(plugins.length > 0 && { plugins: plugins.map(({ sha256 }) => sha256).sort() }),
  });
}

/** Identifies a resolved run by all that decides its numbers except the pictures. */
export const designHash = (protocol: string, seed: number): string => sha256({ protocol, seed });

/** The weights that a run starts from: their content and, where anything was, what they were allowed to differ in. */
function startIdentity({ file: _, sha256: content, ...asked }: NonNullable<NetworkSpec['weights']>): unknown {
  return Object.keys(asked).length === 0 ? content : { content, ...asked };
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
export const sha256 = (value: unknown): string => hashOf(canonical(value));

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** JSON with the keys of every object in order, and those without a value left out. */
export function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const fields = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(fields).filter((key) => fields[key] !== undefined);
  return `{${keys
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(fields[key])}`)
    .join(',')}}`;
}

/** A tree as plain data: kinds, names and options, whose order alone is not ours to give. */
function describe(node: TreeNode): unknown {
  const { kind, name } = node;
  if (node.kind === 'leaf') return { kind, name, layer: node.layer.kind, options: canonical(node.options) };
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
