import { type DrawSpec, LayerError, type ParameterSpec, type Shape } from '../layers/layer.js';
import type { Model } from './model.js';
import type { Leaf, Residual, TreeNode } from './tree.js';

/** A leaf, or a residual node's own parameter and add, where it stands in the tree. */
export type Visit =
  | { readonly node: Leaf; readonly path: string; readonly input: Shape; readonly output: Shape }
  | { readonly node: Residual; readonly path: string; readonly input: Shape; readonly output: Shape };

/** Joins names to a full path; empty names are transparent. */
export const joinPath = (path: string, name: string): string => (path && name ? `${path}.${name}` : path || name);

/**
 * Calls `visit` for every leaf in the order of computation (a residual's branch, its shortcut, then the node itself) and
 * returns the output's shape. Throws a `LayerError` that names the layer where shapes do not fit.
 */
export function walk(node: TreeNode, input: Shape, visit: (visit: Visit) => void, above = ''): Shape {
  const path = joinPath(above, node.name);
  if (node.kind === 'sequential') {
    return node.children.reduce<Shape>((shape, child) => walk(child, shape, visit, path), input);
  }
  if (node.kind === 'leaf') {
    const output = shapeOf(node, path, input);
    visit({ node, path, input, output });
    return output;
  }
  const output = walk(node.branch, input, visit, path);
  const shortcut = node.shortcut ? walk(node.shortcut, input, visit, path) : input;
  if (output.join() !== shortcut.join()) {
    throw new LayerError(`${path}: the branch gives [${output.join(', ')}], the shortcut [${shortcut.join(', ')}]`);
  }
  visit({ node, path, input, output });
  return output;
}

const visits = new WeakMap<Model, readonly Visit[]>();

/** All visits of a model's tree. Walked once: every count of a network folds over the same list. */
export function visitsOf(model: Model): readonly Visit[] {
  const known = visits.get(model);
  if (known) return known;
  const found: Visit[] = [];
  walk(model.tree, model.input, (visit) => found.push(visit));
  visits.set(model, found);
  return found;
}

/** Notes the visits that a model was built from. */
export const rememberVisits = (model: Model, found: readonly Visit[]): Model => {
  visits.set(model, found);
  return model;
};

/** Parameters that a visited node owns, with their full names. */
export function parametersAt({ node, path, input, output }: Visit): ParameterSpec[] {
  if (node.kind === 'leaf') {
    return node.layer.parameters(node.options, input).map((spec) => ({ ...spec, name: joinPath(path, spec.name) }));
  }
  if (node.layerScale === null) return [];
  const init = { kind: 'constant', value: node.layerScale } as const;
  return [{ name: joinPath(path, 'gamma'), shape: [output.at(-1) as number], init, decay: false, trainable: true }];
}

/** Draws that a visited leaf declares, with their full names. */
export function drawsAt({ node, path, input }: Visit): DrawSpec[] {
  if (node.kind !== 'leaf' || !node.layer.draws) return [];
  return node.layer.draws(node.options, input).map((spec) => ({ ...spec, name: joinPath(path, spec.name) }));
}

function shapeOf(node: Leaf, path: string, input: Shape): Shape {
  try {
    const shape = node.layer.outputShape(node.options, input);
    if (Array.isArray(shape) && shape.every((side) => Number.isSafeInteger(side) && side > 0)) return shape;
    const found = Array.isArray(shape) ? `[${shape.join(', ')}]` : typeof shape;
    throw new LayerError(`its output must be a list of whole numbers above 0, found ${found}`);
  } catch (error) {
    if (error instanceof LayerError) throw new LayerError(`${path}: ${error.message}`);
    throw error;
  }
}
