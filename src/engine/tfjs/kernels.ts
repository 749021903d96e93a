import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { OpRefusal } from '../layer-scope.js';
import { advice } from './advice.js';
import { composeEinsum } from './einsum.js';
import type { Attributes, Tf } from './register.js';
import { windowGradients } from './windows.js';

/** Tensors by the names that the op gives them; some may be left out. */
type Inputs = Readonly<Record<string, Tensor>>;

export type Kernel = (inputs: Inputs, attributes: Attributes) => Tensor;

/** Puts kernels into a backend, in place of its own where it has any. What they make on the way is freed. */
export function replaceKernels(tf: Tf, backendName: string, kernels: Readonly<Record<string, Kernel>>): void {
  for (const [kernelName, kernel] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, backendName)) tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) =>
        tf.tidy(() => kernel(inputs as unknown as Inputs, (attrs ?? {}) as Attributes)) as TensorInfo,
    });
  }
}

/** Has a backend refuse kernels by name. @param problem why, as the end of a sentence. */
export function refuseKernels(tf: Tf, backend: string, names: readonly string[], problem: string): void {
  const refuse =
    (name: string): Kernel =>
    () => {
      throw new OpRefusal(name, backend, problem, advice(name.replace(/Backprop.*/, '')));
    };
  replaceKernels(tf, backend, Object.fromEntries(names.map((name) => [name, refuse(name)])));
}

/** A backend's own kernel as it is now, to be called from the one that takes its place. */
export function backendKernel(tf: Tf, backendName: string, name: string) {
  const kernel = tf.getKernel(name, backendName);
  return (inputs: Readonly<Record<string, Tensor | undefined>>, attributes: Attributes): Tensor => {
    const call = { inputs: inputs as never, attrs: attributes, backend: tf.backend() };
    return tf.engine().makeTensorFromTensorInfo(kernel.kernelFunc(call) as TensorInfo);
  };
}

/** Kernels that tfjs's own backends lack or have wrong alike, composed of those that they have. */
export function composedKernels(tf: Tf, backend: string): Readonly<Record<string, Kernel>> {
  const windows = windowGradients(tf);
  const stridedSlice = backendKernel(tf, backend, 'StridedSlice');
  return {
    MaxPoolGrad: ({ dy, input, output }, attributes) =>
      windows.maxPoolInput(dy!, input!, output!, windows.pool2d(input!.shape, attributes)),
    AvgPoolGrad: ({ dy, input }, attributes) => windows.averagePoolInput(dy!, windows.pool2d(input!.shape, attributes)),
    AvgPool3DGrad: ({ dy, input }, attributes) => windows.averagePool3dInput(dy!, input!.shape, attributes),
    Einsum: (inputs, { equation }) => composeEinsum(tf, Object.values(inputs), equation),
    StridedSlice: ({ x }, attributes) => {
      const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attributes;
      const masks = [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] as const;
      const slice = tf.slice_util.sliceInfo(x!.shape, begin, end, strides, ...masks);
      // The backends' own read other places where an axis goes or comes: cut first, shape it then.
      const whole = { begin: slice.begin, end: slice.end, strides: slice.strides };
      const none = { ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 };
      const ends = slice.end.reduce((mask, at, axis) => (at < 0 ? mask | (1 << axis) : mask), 0);
      const part = stridedSlice({ x }, { ...whole, ...none, beginMask: 0, endMask: ends });
      return tf.reshape(part, slice.finalShape);
    },
  };
}
