import type { Tensor } from '@tensorflow/tfjs-core';
import { backendKernel, composedKernels, type Kernel, refuseKernels, replaceKernels } from '../tfjs/kernels.js';
import { type Attributes, axesOf, type Tf } from '../tfjs/register.js';
import { windowGradients } from '../tfjs/windows.js';
import type { Ops } from '../ops.js';

/** What tfjs's wasm backend computes wrongly and nobody needs in a block: refused by name. */
const REFUSED = [
  ...['MaxPool3D', 'MaxPool3DGrad', 'MaxPoolWithArgmax', 'Dilation2D', 'Dilation2DBackpropInput'],
  ...['Dilation2DBackpropFilter', 'Conv3DBackpropInputV2', 'Conv3DBackpropFilterV2'],
];

/** Takes an axis in the wasm backend as it comes, from either end; the kernels themselves get it counted from the start. */
const BY_AXIS: Readonly<Record<string, string>> = {
  ...{ Cumsum: 'axis', Cumprod: 'axis', Prod: 'axis', Min: 'axis', Max: 'reductionIndices', Sum: 'axis', Mean: 'axis' },
  ...{ Concat: 'axis', SplitV: 'axis', Pack: 'axis', Unpack: 'axis', GatherV2: 'axis', ArgMax: 'axis', ArgMin: 'axis' },
};

/**
 * Kernels that tfjs's wasm backend lacks or has wrong, composed of those that it has: gradients of convolutions and
 * pools, einsum, sums by segments. For layers of plug-ins; this program's own layers have kernels of their own.
 */
export function registerOwnKernels(tf: Tf, { linear }: Pick<Ops, 'linear'>): void {
  const windows = windowGradients(tf);
  const batchMatMul = backendKernel(tf, 'wasm', 'BatchMatMul');
  const kernels: Readonly<Record<string, Kernel>> = {
    ...composedKernels(tf, 'wasm'),
    Conv2DBackpropFilter: ({ x, dy }, attributes) =>
      windows.denseFilter(x!, dy!, windows.conv2d(x!.shape, attributes['filterShape'], attributes, false)),
    DepthwiseConv2dNativeBackpropInput: ({ dy, filter }, attributes) =>
      windows.depthwiseInput(dy!, filter!, windows.conv2d(attributes['inputShape'], filter!.shape, attributes, true)),
    DepthwiseConv2dNativeBackpropFilter: ({ x, dy }, attributes) =>
      windows.depthwiseFilter(x!, dy!, windows.conv2d(x!.shape, attributes['filterShape'], attributes, true)),
    UnsortedSegmentSum: ({ x, segmentIds }, { numSegments }) => {
      const member = tf.cast(tf.oneHot(tf.reshape(segmentIds!, [-1]) as never, numSegments), 'float32');
      const rows = tf.reshape(x!, [segmentIds!.size, -1]);
      const sums = tf.matMul(member, rows as never, true, false);
      return tf.reshape(sums, [numSegments, ...x!.shape.slice(segmentIds!.rank)]);
    },
    BatchMatMul: ({ a, b }, attributes) => {
      const { transposeA, transposeB } = attributes;
      const one = a!.size === a!.shape.at(-1)! * a!.shape.at(-2)! && b!.size === b!.shape.at(-1)! * b!.shape.at(-2)!;
      if (!one || transposeA || transposeB) return batchMatMul({ a, b }, attributes);
      const [rows, inner, columns] = [a!.shape.at(-2)!, a!.shape.at(-1)!, b!.shape.at(-1)!];
      const product = linear(tf.reshape(a!, [rows, inner]), tf.reshape(b!, [inner, columns]));
      const batch = (a!.rank > b!.rank ? a! : b!).shape.slice(0, -2);
      return tf.reshape(product, [...batch, rows, columns]);
    },
    _FusedMatMul: ({ a, b, bias, preluActivationWeights }, attributes) => {
      const { transposeA, transposeB, activation, leakyreluAlpha } = attributes;
      const product = tf.matMul(a!, b!, transposeA, transposeB);
      const y = bias ? tf.add(product, bias) : product;
      if (!activation || activation === 'linear') return y;
      if (activation === 'prelu') return tf.prelu(y, preluActivationWeights!);
      if (activation === 'leakyrelu') return tf.leakyRelu(y, leakyreluAlpha);
      return (tf as unknown as Record<string, (x: Tensor) => Tensor>)[activation]!(y);
    },
  };
  replaceKernels(tf, 'wasm', kernels);
  refuseKernels(tf, 'wasm', REFUSED, "tfjs's own gives other numbers there");
  for (const [name, attribute] of Object.entries(BY_AXIS)) countAxesFromStart(tf, name, attribute);
}

function countAxesFromStart(tf: Tf, kernelName: string, attribute: string): void {
  const kernel = tf.getKernel(kernelName, 'wasm');
  if (!kernel) return;
  tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({
    ...kernel,
    kernelFunc: (call) => {
      const given = (call.attrs as Attributes)[attribute] as number | number[] | null | undefined;
      const [first] = Object.values(call.inputs);
      const negative = [given ?? []].flat().some((axis) => axis < 0);
      if (!negative || !first) return kernel.kernelFunc(call);
      // A stack has one axis more than what is stacked.
      const shape = kernelName === 'Pack' ? [1, ...first.shape] : first.shape;
      const axes = axesOf(tf, given, shape);
      return kernel.kernelFunc({
        ...call,
        attrs: { ...call.attrs, [attribute]: Array.isArray(given) ? axes : axes[0]! },
      });
    },
  });
}
