import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { LayerFault, type LayerPlace } from '../engine/layer-scope.js';
import type { Activation, Ops } from '../engine/ops.js';
import { type ActivationOptions, activation as activationLayer } from '../layers/activation.js';
import { type LeafPlan, planLeaf, runUnderContract } from './layer-contract.js';
import type { Model } from './model.js';
import type { Leaf, Residual, Sequential, TreeNode } from './tree.js';
import { joinPath, walk } from './walk.js';

/** What a forward pass is given: where its numbers come from, and where running statistics go. */
export interface ForwardPass {
  readonly ops: Ops;
  readonly training: boolean;
  /** A parameter or running statistic by its full name. */
  variable(name: string): Tensor;
  /** The next value of a running statistic; called in training only. */
  update(name: string, value: Tensor): void;
  /** A running average's own value of this pass, where several passes make one step; see `ForwardContext.average`. */
  readonly average?: ((name: string, value: Tensor, momentum: number) => void) | undefined;
  /** Stochastic depth's factors `[N]` of the residual node with this index; undefined keeps every sample. */
  keep(block: number): Tensor1D | undefined;
  /** A draw that a layer declares, by its full name; undefined where no run draws. */
  readonly draw?: ((name: string) => Tensor) | undefined;
  /** Runs a residual node its own way, given its computation and the trainable parameters in it; undefined just runs it. */
  readonly block?: ((compute: BlockComputation, x: Tensor, parameters: readonly string[]) => Tensor) | undefined;
}

/** A residual node's output for its input, as often as it is asked for. */
export type BlockComputation = (x: Tensor, pass: ForwardPass) => Tensor;

/** Logits `[N, classes]` of pictures `[N, H, W, C]`. */
export function forward(model: Model, pictures: Tensor, pass: ForwardPass): Tensor2D {
  const { blocks, leaves } = planOf(model);
  const trainable = (path: string) =>
    model.parameters.filter((spec) => spec.trainable && spec.name.startsWith(`${path}.`)).map(({ name }) => name);

  function run(node: TreeNode, x: Tensor, above: string, pass: ForwardPass): Tensor {
    const path = joinPath(above, node.name);
    if (node.kind === 'leaf') return runLeaf(node, x, path, null, pass);
    if (node.kind === 'sequential') return runSequential(node, x, path, pass);
    const compute: BlockComputation = (input, within) => runResidual(node, input, path, within);
    return pass.block ? pass.block(compute, x, trainable(path)) : compute(x, pass);
  }

  function runResidual(node: Residual, x: Tensor, path: string, pass: ForwardPass): Tensor {
    const branch = runSequential(node.branch, x, path, pass);
    const shortcut = node.shortcut ? run(node.shortcut, x, path, pass) : x;
    return pass.ops.residual(shortcut, branch, {
      gamma: node.layerScale === null ? undefined : (pass.variable(joinPath(path, 'gamma')) as Tensor1D),
      keep: pass.keep(blocks.get(node) as number),
      activation: node.activation,
    });
  }

  /** An activation right behind a layer that can apply it becomes part of that layer: one pass over memory less. */
  function runSequential({ children }: Sequential, x: Tensor, path: string, pass: ForwardPass): Tensor {
    let value = x;
    for (let at = 0; at < children.length; at++) {
      const child = children[at] as TreeNode;
      const next = fusable(child, children[at + 1]);
      if (child.kind === 'leaf') value = runLeaf(child, value, joinPath(path, child.name), next, pass);
      else value = run(child, value, path, pass);
      if (next) at++;
    }
    return value;
  }

  function runLeaf(leaf: Leaf, x: Tensor, path: string, next: Activation | null, pass: ForwardPass): Tensor {
    const context = {
      ops: pass.ops,
      training: pass.training,
      parameter: (name: string) => pass.variable(joinPath(path, name)),
      update: (name: string, value: Tensor) => pass.update(joinPath(path, name), value),
      average:
        pass.average &&
        ((name: string, value: Tensor, momentum: number) => pass.average?.(joinPath(path, name), value, momentum)),
      draw: (name: string) => {
        if (!pass.draw) throw new Error(`draws "${name}"; chance is drawn in training runs only`);
        return pass.draw(joinPath(path, name));
      },
    };
    return runUnderContract(leaf, leaves.get(leaf)?.get(path) as LeafPlan, x, context, next);
  }

  return run(model.tree, pictures, '', pass) as Tensor2D;
}

/** What is known of a network's nodes before any tensor is there. A leaf may stand in several places. */
interface Plan {
  readonly blocks: ReadonlyMap<Residual, number>;
  readonly leaves: ReadonlyMap<Leaf, ReadonlyMap<string, LeafPlan>>;
}

const plans = new WeakMap<Model, Plan>();

function planOf(model: Model): Plan {
  const known = plans.get(model);
  if (known) return known;
  const blocks = new Map<Residual, number>();
  const leaves = new Map<Leaf, Map<string, LeafPlan>>();
  walk(model.tree, model.input, (visit) => {
    const { node, path } = visit;
    if (node.kind === 'residual') blocks.set(node, blocks.size);
    else leaves.set(node, (leaves.get(node) ?? new Map<string, LeafPlan>()).set(path, planLeaf(node, visit)));
  });
  const plan = { blocks, leaves };
  plans.set(model, plan);
  return plan;
}

function fusable(node: TreeNode, next: TreeNode | undefined): Activation | null {
  if (node.kind !== 'leaf' || !node.layer.fusesActivation) return null;
  if (next?.kind !== 'leaf' || next.layer !== activationLayer) return null;
  return (next.options as ActivationOptions).kind;
}

/** The layers of plug-ins in a network, where they stand. */
export const pluginLayers = (model: Model): LayerPlace[] =>
  [...planOf(model).leaves.values()].flatMap((places) =>
    [...places.values()].flatMap(({ place }) => (place ? [place] : [])),
  );

/** The error for a trained parameter that no gradient reaches; names the layer that declares it. */
export function unreached(model: Model, parameter: string): Error {
  for (const places of planOf(model).leaves.values()) {
    for (const [path, { place, parameters }] of places) {
      const own = [...parameters.keys()].find((name) => joinPath(path, name) === parameter);
      if (!own || !place) continue;
      return new LayerFault(place, `no gradient reaches its parameter "${own}": nothing of the result depends on it`);
    }
  }
  return new Error(`no gradient reaches the parameter ${parameter}: nothing of the loss depends on it`);
}
