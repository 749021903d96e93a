import type { Tensor } from '@tensorflow/tfjs-core';
import { inLayer, type LayerPlace } from '../engine/layer-scope.js';
import type { Activation } from '../engine/ops.js';
import { definedAt, type ForwardContext, type ParameterSpec, type Shape } from '../layers/layer.js';
import type { Leaf } from './tree.js';
import type { Visit } from './walk.js';

/** What a leaf declares where it stands, taken down once a network. */
export interface LeafPlan {
  /** Null for this program's own layers. */
  readonly place: LayerPlace | null;
  readonly output: Shape;
  readonly parameters: ReadonlyMap<string, ParameterSpec>;
  readonly draws: ReadonlySet<string>;
}

export function planLeaf(leaf: Leaf, { path, input, output }: Visit): LeafPlan {
  const { layer, options } = leaf;
  const line = definedAt(layer);
  return {
    place: line === null ? null : { kind: layer.kind, path, definedAt: line },
    output,
    parameters: new Map(layer.parameters(options, input).map((spec) => [spec.name, spec])),
    draws: new Set(layer.draws?.(options, input).map(({ name }) => name)),
  };
}

/**
 * A leaf's forward pass under its contract: it asks for what it declares, uses every parameter that is trained, and gives
 * float32 `[N, ...outputShape]`. What a plug-in's layer does otherwise is an error that names the layer, its place in the
 * network and its line.
 */
export function runUnderContract(
  leaf: Leaf,
  plan: LeafPlan,
  x: Tensor,
  context: ForwardContext,
  activation: Activation | null,
): Tensor {
  const { place } = plan;
  if (!place) return leaf.layer.forward(leaf.options, x, context, activation);
  return inLayer(place, () => {
    const asked = new Set<string>();
    const y = leaf.layer.forward(leaf.options, x, guarded(plan, context, asked), activation);
    checkOutput(y, [x.shape[0] as number, ...plan.output]);
    if (!context.training) return y;
    for (const { name, trainable } of plan.parameters.values()) {
      if (trainable && !asked.has(name)) {
        throw new Error(`declares the parameter "${name}", but its forward pass does not use it in training`);
      }
    }
    return y;
  });
}

function guarded(plan: LeafPlan, context: ForwardContext, asked: Set<string>): ForwardContext {
  return {
    ...context,
    average: undefined,
    parameter(name) {
      if (!plan.parameters.has(name)) {
        throw new Error(`asks for a parameter "${name}"; it declares ${list(plan.parameters.keys())}`);
      }
      asked.add(name);
      return context.parameter(name);
    },
    update(name, value) {
      const spec = plan.parameters.get(name);
      if (!spec) throw new Error(`updates "${name}"; it declares ${list(plan.parameters.keys())}`);
      if (spec.trainable) throw new Error(`updates "${name}", which is trained; declare it with trainable: false`);
      if (!context.training) throw new Error(`updates "${name}" in evaluation; ask context.training first`);
      if (value?.dtype !== 'float32' || `${value.shape}` !== `${spec.shape}`) {
        throw new Error(`updates "${name}" with ${shown(value)}; it declares float32 [${spec.shape}]`);
      }
      context.update(name, value);
    },
    draw(name) {
      if (!plan.draws.has(name)) throw new Error(`asks for a draw "${name}"; it declares ${list(plan.draws)}`);
      if (!context.training) throw new Error(`draws "${name}" in evaluation; ask context.training first`);
      return context.draw(name);
    },
  };
}

function checkOutput(y: Tensor, shape: readonly number[]): void {
  const right = y?.dtype === 'float32' && y.rank === shape.length && shape.every((side, at) => side === y.shape[at]);
  if (!right) throw new Error(`gives ${shown(y)}; by its outputShape it must give float32 [${shape}]`);
  if (y.isDisposed) throw new Error('gives a tensor that it has disposed of');
}

const shown = (tensor: Tensor | undefined): string =>
  tensor?.dtype && tensor.shape ? `${tensor.dtype} [${tensor.shape}]` : `${tensor}, which is no tensor`;

function list(names: Iterable<string>): string {
  const all = [...names];
  return all.length > 0 ? all.join(', ') : 'none';
}
