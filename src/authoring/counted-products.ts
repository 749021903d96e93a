import type { Tensor } from '@tensorflow/tfjs-core';
import { createReferenceOps } from '../engine/reference/ops.js';
import type { Ops } from '../engine/ops.js';
import { layerFeeds, layerValues, runForward } from './layer-run.js';
import type { LayerTarget } from './targets.js';

interface KernelRunner {
  runKernel(op: string, inputs: Readonly<Record<string, Tensor>>, attributes: unknown): Tensor | Tensor[];
}

/**
 * Multiply-adds of the products that a layer's forward pass really runs for one sample, counted kernel by kernel: convolutions,
 * matrix products, einsum. Element-wise work is no product, as in every counter of MACs.
 */
export function countedProducts({ tf }: Ops, target: LayerTarget): number {
  const engine = tf.engine() as unknown as KernelRunner;
  const run = engine.runKernel;
  let macs = 0;
  let depth = 0;
  engine.runKernel = (op, inputs, attributes) => {
    depth++;
    try {
      const outputs = run.call(engine, op, inputs, attributes);
      // A kernel made of others counts once.
      if (depth === 1) macs += productsOf(op, inputs, outputs as Tensor, (attributes ?? {}) as { equation?: string });
      return outputs;
    } finally {
      depth--;
    }
  };
  const ops = createReferenceOps(tf);
  const feeds = layerFeeds(ops, target, layerValues(target, 1));
  try {
    tf.tidy(() => runForward(ops, target, feeds, false));
  } finally {
    engine.runKernel = run;
    tf.dispose(Object.values(feeds));
  }
  return macs;
}

function productsOf(
  op: string,
  inputs: Readonly<Record<string, Tensor>>,
  y: Tensor,
  { equation }: { equation?: string },
): number {
  const filter = inputs['filter']?.shape as [number, number, number, number] | undefined;
  switch (op) {
    case 'Conv2D':
    case 'FusedConv2D':
      return y.size * filter![0] * filter![1] * filter![2];
    case 'Conv3D':
      return y.size * inputs['filter']!.shape.slice(0, 4).reduce((product, side) => product * side, 1);
    case 'DepthwiseConv2dNative':
    case 'FusedDepthwiseConv2D':
      return y.size * filter![0] * filter![1];
    case 'Conv2DBackpropInput':
      return inputs['dy']!.size * filter![0] * filter![1] * filter![2];
    case 'BatchMatMul':
    case '_FusedMatMul': {
      const rows = y.shape.at(-2) as number;
      const [last, before] = [inputs['a']!.shape.at(-1) as number, inputs['a']!.shape.at(-2) as number];
      return (y.size * last * before) / rows;
    }
    case 'Einsum':
      return einsumProducts(equation as string, Object.values(inputs));
    default:
      return 0;
  }
}

/** Of two tensors with a label that is summed over: one multiply-add for every combination of labels. */
function einsumProducts(equation: string, tensors: readonly Tensor[]): number {
  const [left, result] = equation.replaceAll(' ', '').split('->') as [string, string];
  const operands = left.split(',');
  const sides = new Map<string, number>();
  operands.forEach((labels, at) => {
    [...labels].forEach((label, axis) => sides.set(label, tensors[at]!.shape[axis] as number));
  });
  const summed = [...sides.keys()].some((label) => !result.includes(label));
  if (operands.length < 2 || !summed) return 0;
  return [...sides.values()].reduce((product, side) => product * side, 1);
}
