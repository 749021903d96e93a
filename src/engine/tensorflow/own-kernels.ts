import type { Tensor } from '@tensorflow/tfjs-core';
import { type Attributes, axesOf } from '../tfjs/register.js';
import type { LoadedTensorflow } from './load.js';
import { createRaw, dataType, floatType, INT32, integer, text } from './raw.js';

type Inputs = Readonly<Record<string, Tensor>>;

let registered = false;

/**
 * Kernels of tfjs-node that do not work in a compiled step, or give other last digits there: TensorFlow's graph rewriting puts
 * kernels of oneDNN behind some ops, which eager steps run as they are. Once a process, as TensorFlow itself.
 */
export function registerOwnKernels({ tf, backend }: LoadedTensorflow): void {
  if (registered) return;
  registered = true;
  const raw = createRaw(backend);
  // tfjs-node's reads the indices to check them; TensorFlow checks them itself.
  tf.unregisterKernel('GatherV2', 'tensorflow');
  tf.registerKernel({
    kernelName: 'GatherV2',
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs }) => {
      const { x, indices } = inputs as unknown as { x: Tensor; indices: Tensor };
      const { axis, batchDims } = attrs as Attributes;
      const [at] = axesOf(tf, axis, x.shape);
      const type = backend.tensorMap.get(x.dataId).dtype;
      const types = [dataType('Tparams', type), dataType('Tindices', INT32), dataType('Taxis', INT32)];
      const along = tf.scalar(at as number, 'int32');
      const result = raw.one('GatherV2', [integer('batch_dims', batchDims ?? 0), ...types], [x, indices, along]);
      along.dispose();
      return result;
    },
  });

  const replace = (kernelName: string, kernelFunc: (inputs: Inputs, attributes: Attributes) => Tensor): void => {
    tf.unregisterKernel(kernelName, 'tensorflow');
    tf.registerKernel({
      kernelName,
      backendName: 'tensorflow',
      kernelFunc: ({ inputs, attrs }) => kernelFunc(inputs as unknown as Inputs, attrs as Attributes),
    });
  };
  // The logarithm is not rewritten, and one pass over memory more.
  replace('Softmax', ({ logits }) => {
    const logarithm = raw.one('LogSoftmax', [floatType()], [logits!]);
    const result = raw.one('Exp', [floatType()], [logarithm]);
    logarithm.dispose();
    return result;
  });
  // Nor is the version that takes its window as tensors.
  replace('MaxPoolGrad', ({ dy, input, output }, { filterSize, strides, pad }) => {
    const info = tf.backend_util.computePool2DInfo(input!.shape as never, filterSize, strides, 1, pad);
    const { type } = info.padInfo;
    if (type !== 'VALID' && type !== 'SAME') throw new Error("only 'valid' and 'same' padding is there");
    const window = [
      tf.tensor1d([1, info.filterHeight, info.filterWidth, 1], 'int32'),
      tf.tensor1d([1, info.strideHeight, info.strideWidth, 1], 'int32'),
    ];
    const attributes = [floatType(), text('padding', type), text('data_format', 'NHWC')];
    const result = raw.one('MaxPoolGradV2', attributes, [input!, output!, dy!, ...window]);
    tf.dispose(window);
    return result;
  });
}
