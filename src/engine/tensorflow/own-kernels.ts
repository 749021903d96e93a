import type { Tensor } from '@tensorflow/tfjs-core';
import { type Attributes, axesOf } from '../tfjs/register.js';
import type { LoadedTensorflow } from './load.js';
import { createRaw, dataType, integer } from './raw.js';

const INT32 = 3;

let registered = false;

/** Kernels of tfjs-node that do not work in a compiled step. Once a process, as TensorFlow itself. */
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
}
