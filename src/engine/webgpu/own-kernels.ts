import type { Tensor } from '@tensorflow/tfjs-core';
import { backendKernel, composedKernels, type Kernel, refuseKernels, replaceKernels } from '../tfjs/kernels.js';
import { axesOf, type Tf } from '../tfjs/register.js';
import type { Programs } from './program.js';

/**
 * Functions that the standard lets a device get wrong by more than training can take: WGSL, "Accuracy of Concrete
 * Floating Point Expressions", allows sin and cos 2^-11, asin and acos 7e-5, and atan 4096 units in the last place.
 */
export const LOOSE: readonly string[] = ['Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Atan2'];

/** Kernels that tfjs's WebGPU backend has wrong, composed of those that it has. For layers of plug-ins. */
export function registerOwnKernels(tf: Tf, { run }: Programs): void {
  const cast = backendKernel(tf, 'webgpu', 'Cast');

  /** Running sums or products along an axis: every pass doubles how far back each place has seen. */
  const running =
    (identity: 0 | 1, combine: (a: Tensor, b: Tensor) => Tensor): Kernel =>
    ({ x }, { axis, exclusive, reverse }) => {
      const along = axesOf(tf, axis, x!.shape)[0] as number;
      const side = x!.shape[along] as number;
      const moved = (from: Tensor, by: number): Tensor => {
        const pad = x!.shape.map((_, at): [number, number] => (at !== along ? [0, 0] : reverse ? [0, by] : [by, 0]));
        const begin = x!.shape.map((_, at) => (at === along && reverse ? by : 0));
        return tf.slice(tf.pad(from, pad, identity), begin, x!.shape);
      };
      let sum = exclusive ? moved(x!, 1) : tf.clone(x!);
      for (let seen = 1; seen < side; seen *= 2) sum = combine(sum, moved(sum, seen));
      return sum;
    };

  replaceKernels(tf, 'webgpu', {
    ...composedKernels(tf, 'webgpu'),
    // The backend's own only renames the type: programs that read the buffer as floats are then refused by the device.
    Cast: ({ x }, attributes) => {
      if (attributes['dtype'] !== 'float32' || x!.dtype === 'float32') return cast({ x }, attributes);
      return run({ name: 'float', inputs: { x: x! }, shape: x!.shape, body: 'result[index] = f32(x[index]);' });
    },
    // The backend's own gives int32.
    FloorDiv: ({ a, b }) => tf.floor(tf.div(a!, b!)),
    // Its own keep one program for every length.
    Cumsum: running(0, tf.add),
    Cumprod: running(1, tf.mul),
  });
  refuseKernels(tf, 'webgpu', LOOSE, "WebGPU's standard lets a device be off by more than 2e-5 there");
}
