import type { Tensor4D } from '@tensorflow/tfjs-core';
import { check } from './check.js';
import { outputSize } from '../../output-size.js';

export interface WindowOptions {
  readonly stride: number;
  /** PyTorch's, on all four sides. */
  readonly padding: number;
}

/** The height and width of what a square kernel makes of a map; throws where it does not fit. */
export function checkWindow(
  op: string,
  x: Tensor4D,
  kernel: Tensor4D,
  { stride, padding }: WindowOptions,
): [number, number] {
  const [size, width] = kernel.shape;
  check(x.rank === 4 && kernel.rank === 4 && size === width, op, 'a map [N, H, W, C] and a square kernel', x, kernel);
  check(x.dtype === 'float32' && kernel.dtype === 'float32', op, 'float32', x, kernel);
  const outputs = [x.shape[1], x.shape[2]].map((side) => outputSize(side, size, stride, padding)) as [number, number];
  check(Math.min(...outputs) >= 1, op, `a map that the kernel fits into with padding ${padding}`, x, kernel);
  return outputs;
}
