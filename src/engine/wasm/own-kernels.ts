import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { OpRefusal } from '../layer-scope.js';
import { advice } from '../tfjs/advice.js';
import { composeEinsum } from '../tfjs/einsum.js';
import { type Attributes, axesOf, type Tf } from '../tfjs/register.js';
import { windowGradients } from '../tfjs/windows.js';
import type { Ops } from '../ops.js';

type Inputs = Readonly<Record<string, Tensor>>;
type Kernel = (inputs: Inputs, attributes: Attributes) => Tensor;

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
  const ofBackend = (name: string) => {
    const kernel = tf.getKernel(name, 'wasm');
    return (inputs: Readonly<Record<string, Tensor | undefined>>, attributes: Attributes): Tensor => {
      const call = { inputs: inputs as never, attrs: attributes, backend: tf.backend() };
      return tf.engine().makeTensorFromTensorInfo(kernel!.kernelFunc(call) as TensorInfo);
    };
  };
  const [batchMatMul, stridedSlice] = [ofBackend('BatchMatMul'), ofBackend('StridedSlice')];
  const kernels: Readonly<Record<string, Kernel>> = {
    MaxPoolGrad: ({ dy, input, output }, attributes) =>
      windows.maxPoolInput(dy!, input!, output!, windows.pool2d(input!.shape, attributes)),
    AvgPoolGrad: ({ dy, input }, attributes) => windows.averagePoolInput(dy!, windows.pool2d(input!.shape, attributes)),
    AvgPool3DGrad: ({ dy, input }, attributes) => windows.averagePool3dInput(dy!, input!.shape, attributes),
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
    Einsum: (inputs, { equation }) => composeEinsum(tf, Object.values(inputs), equation),
    BatchMatMul: ({ a, b }, attributes) => {
      const { transposeA, transposeB } = attributes;
      const one = a!.size === a!.shape.at(-1)! * a!.shape.at(-2)! && b!.size === b!.shape.at(-1)! * b!.shape.at(-2)!;
      if (!one || transposeA || transposeB) return batchMatMul({ a, b }, attributes);
      const [rows, inner, columns] = [a!.shape.at(-2)!, a!.shape.at(-1)!, b!.shape.at(-1)!];
      const product = linear(tf.reshape(a!, [rows, inner]), tf.reshape(b!, [inner, columns]));
      const batch = (a!.rank > b!.rank ? a! : b!).shape.slice(0, -2);
      return tf.reshape(product, [...batch, rows, columns]);
    },
    StridedSlice: ({ x }, attributes) => {
      const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attributes;
      const masks = [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] as const;
      const slice = tf.slice_util.sliceInfo(x!.shape, begin, end, strides, ...masks);
      // The backend's own reads other places where an axis goes or comes: cut first, shape it then.
      const whole = { begin: slice.begin, end: slice.end, strides: slice.strides };
      const none = { ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 };
      const ends = slice.end.reduce((mask, at, axis) => (at < 0 ? mask | (1 << axis) : mask), 0);
      const part = stridedSlice({ x }, { ...whole, ...none, beginMask: 0, endMask: ends });
      return tf.reshape(part, slice.finalShape);
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
  const replace = (kernelName: string, kernelFunc: (inputs: Inputs, attributes: Attributes) => TensorInfo): void => {
    if (tf.getKernel(kernelName, 'wasm')) tf.unregisterKernel(kernelName, 'wasm');
    tf.registerKernel({
      kernelName,
      backendName: 'wasm',
      kernelFunc: ({ inputs, attrs }) => kernelFunc(inputs as unknown as Inputs, (attrs ?? {}) as Attributes),
    });
  };
  for (const [name, kernel] of Object.entries(kernels)) {
    replace(name, (inputs, attributes) => tf.tidy(() => kernel(inputs, attributes)));
  }
  for (const name of REFUSED) {
    replace(name, () => {
      throw new OpRefusal(name, 'wasm', "tfjs's own gives other numbers there", advice(name.replace(/Backprop.*/, '')));
    });
  }
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
