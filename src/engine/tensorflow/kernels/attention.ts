import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Ops } from '../../ops.js';
import { gradient } from '../ops/gradient.js';
import { integer } from '../raw.js';
import { check } from './check.js';
import type { KernelLoad } from './library.js';

export type AttentionKernels = Pick<Ops, 'windowAttention'>;

/** Nothing but its inputs is kept for the gradient, which computes the probabilities again. */
export function createAttentionKernels({ tf, one, many }: KernelLoad): AttentionKernels {
  const op = 'windowAttention';
  return {
    windowAttention(qkv, bias, { heads, window, shift }) {
      check(qkv.rank === 4 && qkv.dtype === 'float32', op, 'a float32 map [N, H, W, 3 C]', qkv);
      const [, height, width, tripled] = qkv.shape;
      check(tripled % (3 * heads) === 0, op, `queries, keys and values of ${heads} heads`, qkv);
      const divides = height % window === 0 && width % window === 0;
      check(divides, op, `a map that windows of ${window}x${window} divide`, qkv);
      check(shift >= 0 && shift < window, op, `a shift from 0 to less than the window's ${window} (${shift})`, qkv);
      const shape = [heads, window ** 2, window ** 2];
      const fits = bias.dtype === 'float32' && `${bias.shape}` === `${shape}`;
      check(fits, op, `a float32 bias [${shape}]`, bias);
      const attributes = [integer('heads', heads), integer('window', window), integer('shift', shift)];
      return gradient(
        tf,
        (...inputs: [Tensor, Tensor]) => one('WindowAttention', attributes, inputs),
        (map, offsets) => [map, offsets],
        (dy, kept) => many('WindowAttentionGradient', attributes, [dy, ...kept], 2),
      )(qkv, bias) as Tensor4D;
    },
  };
}
