import type { Model } from '../architecture/model.js';
import type { TreeNode } from '../architecture/tree.js';
import { joinPath } from '../architecture/walk.js';

/** How far the output of a node sees: a side of `size` input pixels; neighbouring positions are `stride` pixels apart. */
export interface ReceptiveField {
  readonly size: number;
  readonly stride: number;
}

/**
 * The receptive field behind every leaf and residual node, by full name (Araujo et al. 2019: size grows by
 * (kernel - 1) x stride so far). A residual node sees what the wider of its paths sees.
 */
export function receptiveFields(model: Model): ReadonlyMap<string, ReceptiveField> {
  const fields = new Map<string, ReceptiveField>();

  function follow(node: TreeNode, before: ReceptiveField, above: string): ReceptiveField {
    const path = joinPath(above, node.name);
    if (node.kind === 'sequential') return node.children.reduce((field, child) => follow(child, field, path), before);
    let after = before;
    if (node.kind === 'residual') {
      const branch = follow(node.branch, before, path);
      const shortcut = node.shortcut ? follow(node.shortcut, before, path) : before;
      after = branch.size >= shortcut.size ? branch : shortcut;
    } else if (node.layer.window) {
      const { kernel, stride } = node.layer.window(node.options);
      after = { size: before.size + (kernel - 1) * before.stride, stride: before.stride * stride };
    }
    fields.set(path, after);
    return after;
  }

  follow(model.tree, { size: 1, stride: 1 }, '');
  return fields;
}
