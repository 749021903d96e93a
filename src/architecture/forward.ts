import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Activation, Ops } from '../engine/ops.js';
import { type ActivationOptions, activation as activationLayer } from '../layers/activation.js';
import type { Model } from './model.js';
import type { Leaf, Sequential, TreeNode } from './tree.js';
import { joinPath } from './walk.js';

/** What a forward pass is given: where its numbers come from, and where running statistics go. */
export interface ForwardPass {
  readonly ops: Ops;
  readonly training: boolean;
  /** A parameter or running statistic by its full name. */
  variable(name: string): Tensor;
  /** The next value of a running statistic; called in training only. */
  update(name: string, value: Tensor): void;
  /** Stochastic depth's factors `[N]` of the residual node with this index; undefined keeps every sample. */
  keep(block: number): Tensor1D | undefined;
}

/** Logits `[N, classes]` of pictures `[N, H, W, C]`. */
export function forward(model: Model, pictures: Tensor, pass: ForwardPass): Tensor2D {
  let block = 0;

  function run(node: TreeNode, x: Tensor, above: string): Tensor {
    const path = joinPath(above, node.name);
    if (node.kind === 'leaf') return runLeaf(node, x, path, null);
    if (node.kind === 'sequential') return runSequential(node, x, path);
    const branch = runSequential(node.branch, x, path);
    const shortcut = node.shortcut ? run(node.shortcut, x, path) : x;
    return pass.ops.residual(shortcut, branch, {
      gamma: node.layerScale === null ? undefined : (pass.variable(joinPath(path, 'gamma')) as Tensor1D),
      keep: pass.keep(block++),
      activation: node.activation,
    });
  }

  /** An activation right behind a layer that can apply it becomes part of that layer: one pass over memory less. */
  function runSequential({ children }: Sequential, x: Tensor, path: string): Tensor {
    let value = x;
    for (let at = 0; at < children.length; at++) {
      const child = children[at] as TreeNode;
      const next = fusable(child, children[at + 1]);
      if (child.kind === 'leaf') value = runLeaf(child, value, joinPath(path, child.name), next);
      else value = run(child, value, path);
      if (next) at++;
    }
    return value;
  }

  function runLeaf(leaf: Leaf, x: Tensor, path: string, next: Activation | null): Tensor {
    const context = {
      ops: pass.ops,
      training: pass.training,
      parameter: (name: string) => pass.variable(joinPath(path, name)),
      update: (name: string, value: Tensor) => pass.update(joinPath(path, name), value),
    };
    return leaf.layer.forward(leaf.options, x, context, next);
  }

  return run(model.tree, pictures, '') as Tensor2D;
}

function fusable(node: TreeNode, next: TreeNode | undefined): Activation | null {
  if (node.kind !== 'leaf' || !node.layer.fusesActivation) return null;
  if (next?.kind !== 'leaf' || next.layer !== activationLayer) return null;
  return (next.options as ActivationOptions).kind;
}
