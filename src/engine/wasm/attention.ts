import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Ops } from '../ops.js';
import { gradient } from '../tensorflow/ops/gradient.js';
import type { WasmKernels } from './kernels.js';

/** Attention in windows in one pass: shift and windows are indices, where the reference moves the map about six times. */
export function createWindowAttention({ tf, output, run, count, scratch }: WasmKernels): Ops['windowAttention'] {
  return (qkv, bias, { heads, window, shift }) => {
    const [batch, height, width, tripled] = qkv.shape;
    const channels = tripled / 3;
    const positions = window * window;
    const sizes = [batch, height, width, channels, heads, window, shift];
    const floats = count('windowAttentionScratch', channels, heads, window);
    const kept: Tensor[] = [];
    return gradient(
      tf,
      (map: Tensor, offsets: Tensor) => {
        const y = output([batch, height, width, channels]);
        const windows = (height / window) * (width / window);
        // Their rows are as long as whole tiles of products.
        const probabilities = output([batch * windows, heads, positions, Math.ceil(positions / 8) * 8]);
        kept.push(probabilities);
        run('windowAttention', map, offsets, y, probabilities, scratch(floats), ...sizes);
        return y;
      },
      (map) => [map, ...kept],
      (dy, saved) => {
        const [dqkv, dbias] = [output(qkv.shape), output(bias.shape)];
        const tensors = [dy, ...saved, dqkv, dbias];
        run('windowAttentionGradient', ...tensors, scratch(floats), ...sizes);
        return [dqkv, dbias];
      },
    )(qkv, bias) as Tensor4D;
  };
}
