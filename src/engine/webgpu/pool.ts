import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Ops } from '../ops.js';
import { gradient } from '../tensorflow/ops/gradient.js';
import type { Programs } from './program.js';

type Tf = typeof import('@tensorflow/tfjs-core');

/**
 * Max pool whose gradient goes to the first of equal maxima in a window, as PyTorch's does; the backend's goes to another.
 * Every input gathers from the windows around it, so that nothing is added in a random order.
 */
export function createMaxPool(tf: Tf, { run }: Programs): Ops['maxPool'] {
  return (x, { kernel, stride, padding }) => {
    const [batch, height, width, channels] = x.shape;
    const size = (side: number) => Math.floor((side + 2 * padding - kernel) / stride) + 1;
    const [rows, columns] = [size(height), size(width)];
    const sizes = { height, width, channels, rows, columns, kernel, stride, padding };
    return gradient(
      tf,
      (map: Tensor) =>
        run({
          name: 'maxPool',
          inputs: { map },
          shape: [batch, rows, columns, channels],
          sizes,
          body: `
            let channel = index % uniforms.channels;
            let column = index / uniforms.channels % uniforms.columns;
            let row = index / (uniforms.channels * uniforms.columns) % uniforms.rows;
            let sample = index / (uniforms.channels * uniforms.columns * uniforms.rows);
            let top = row * uniforms.stride - uniforms.padding;
            let left = column * uniforms.stride - uniforms.padding;
            var most = 0.0;
            var met = false;
            for (var h = max(0, top); h < min(uniforms.height, top + uniforms.kernel); h++) {
              for (var w = max(0, left); w < min(uniforms.width, left + uniforms.kernel); w++) {
                let value = map[((sample * uniforms.height + h) * uniforms.width + w) * uniforms.channels + channel];
                if (!met || value > most || isnan(value)) { most = value; }
                met = true;
              }
            }
            result[index] = most;`,
        }),
      (map, y) => [map, y],
      (dy, kept) => {
        const [map, y] = kept as [Tensor, Tensor];
        const dx = run({
          name: 'maxPoolGradient',
          inputs: { dy, map, y },
          shape: map.shape,
          sizes,
          // Whether the window's maximum is met at `at` for the first time.
          functions: `
            fn isFirst(sample : i32, row : i32, column : i32, channel : i32, at : i32, most : f32) -> bool {
              let top = row * uniforms.stride - uniforms.padding;
              let left = column * uniforms.stride - uniforms.padding;
              for (var h = max(0, top); h < min(uniforms.height, top + uniforms.kernel); h++) {
                for (var w = max(0, left); w < min(uniforms.width, left + uniforms.kernel); w++) {
                  let place = ((sample * uniforms.height + h) * uniforms.width + w) * uniforms.channels + channel;
                  if (map[place] == most) { return place == at; }
                }
              }
              return false;
            }`,
          body: `
            let channel = index % uniforms.channels;
            let w = index / uniforms.channels % uniforms.width;
            let h = index / (uniforms.channels * uniforms.width) % uniforms.height;
            let sample = index / (uniforms.channels * uniforms.width * uniforms.height);
            let down = h + uniforms.padding;
            let right = w + uniforms.padding;
            var sum = 0.0;
            for (var row = min(down / uniforms.stride, uniforms.rows - 1);
                 row >= 0 && row * uniforms.stride + uniforms.kernel > down; row--) {
              for (var column = min(right / uniforms.stride, uniforms.columns - 1);
                   column >= 0 && column * uniforms.stride + uniforms.kernel > right; column--) {
                let pool = ((sample * uniforms.rows + row) * uniforms.columns + column) * uniforms.channels + channel;
                if (isFirst(sample, row, column, channel, index, y[pool])) { sum += dy[pool]; }
              }
            }
            result[index] = sum;`,
        });
        return [dx];
      },
    )(x) as Tensor4D;
  };
}
