/** Run by `ablate setup` in a process of its own: does the engine load, is a gradient right, do the kernels load? */
import { loadTensorflow } from '../load.js';
import { kernelLibrary } from './kernels.js';

const { tf, backend, flavour } = loadTensorflow({ device: process.argv[2] === 'cpu' ? 'cpu' : 'auto', threads: 2 });
const x = tf.ones([2, 8, 8, 4]) as import('@tensorflow/tfjs-core').Tensor4D;
const kernel = tf.ones([3, 3, 4, 5]) as import('@tensorflow/tfjs-core').Tensor4D;
const gradient = tf
  .grad((k) => tf.sum(tf.conv2d(x, k as typeof kernel, 1, 'same')))(kernel)
  .dataSync();
// The corner tap sees 7 x 7 pixels of 2 images, the centre tap all 8 x 8.
if (gradient[0] !== 98 || gradient[4 * 4 * 5] !== 128) {
  throw new Error(`a convolution's gradient is wrong: ${gradient[0]}, ${gradient[4 * 4 * 5]} instead of 98, 128`);
}
const kernels = kernelLibrary(flavour);
if (kernels) process.dlopen({ exports: {} }, kernels.file);
process.stdout.write(backend.isUsingGpuDevice ? 'gpu' : 'cpu');
