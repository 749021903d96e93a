import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Ops } from '../ops.js';
import { outputSize } from '../output-size.js';
import { gradient } from '../tensorflow/ops/gradient.js';
import type { WasmKernels } from './kernels.js';

/** Max pool whose gradient goes to the first of equal maxima in a window, as PyTorch's does; the backend's is wrong. */
export function createMaxPool({ tf, output, run }: WasmKernels): Ops['maxPool'] {
  return (x, { kernel, stride, padding }) => {
    const [batch, height, width, channels] = x.shape;
    const size = (side: number) => outputSize(side, kernel, stride, padding);
    const shape = [batch, size(height), size(width), channels] as const;
    const sizes = [...x.shape, shape[1], shape[2], kernel, stride, padding];
    return gradient(
      tf,
      (map: Tensor) => {
        const y = output(shape);
        run('maxPool', map, y, ...sizes);
        return y;
      },
      (map, y) => [map, y],
      (dy, [map, y]) => {
        const dx = output(x.shape);
        run('maxPoolGradient', dy, map as Tensor, y as Tensor, dx, ...sizes);
        return [dx];
      },
    )(x) as Tensor4D;
  };
}
