import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { ConvOptions, Ops } from '../ops.js';
import { gradient } from '../tensorflow/ops/gradient.js';
import type { Elementwise } from './elementwise.js';
import type { Programs } from './program.js';

type Tf = typeof import('@tensorflow/tfjs-core');
type Window = Pick<ConvOptions, 'stride' | 'padding' | 'groups'>;

/**
 * Convolutions and linear layers: the backend's for dense kernels, programs of our own for groups, which the backend has
 * only as one convolution a group, and for the gradients of depthwise ones, whose padding it does not take.
 */
export function createConvolutions(
  tf: Tf,
  { run, columnSums }: Programs,
  { biasActivation }: Elementwise,
): Pick<Ops, 'conv2d' | 'linear'> {
  /** [M, K] x [K, N]. */
  const product = gradient(
    tf,
    (x: Tensor, weight: Tensor) => tf.matMul(x as Tensor2D, weight as Tensor2D),
    (x, weight) => [x, weight],
    (dy, kept) => {
      const [x, weight] = kept as [Tensor2D, Tensor2D];
      return [tf.matMul(dy as Tensor2D, weight, false, true), weightGradient(x, dy as Tensor2D)];
    },
  );

  /** x^T dy. Many rows are cut into parts that are added up at the end, so that the device has enough to do at a time. */
  function weightGradient(x: Tensor2D, dy: Tensor2D): Tensor {
    const [rows, inputs] = x.shape;
    const outputs = dy.shape[1];
    let parts = 1;
    while (parts < 64 && rows % (2 * parts) === 0 && rows / (2 * parts) >= 256) parts *= 2;
    if (parts === 1) return tf.matMul(x, dy, true, false);
    const products = tf.matMul(
      tf.reshape(x, [parts, rows / parts, inputs]) as Tensor3D,
      tf.reshape(dy, [parts, rows / parts, outputs]) as Tensor3D,
      true,
      false,
    );
    const columns = inputs * outputs;
    const sum = columnSums({ name: 'columnSums', inputs: { x: products }, rows: parts, columns, value: 'x[at]' });
    return tf.reshape(sum, [inputs, outputs]);
  }

  function dense(x: Tensor4D, kernel: Tensor4D, { stride, padding }: Window): Tensor {
    const sides: [number, number] = [padding, padding];
    const padded = (padding > 0 ? tf.pad(x, [[0, 0], sides, sides, [0, 0]]) : x) as Tensor4D;
    return tf.conv2d(padded, kernel, stride, 'valid');
  }

  const grouped = (window: Window) =>
    gradient(
      tf,
      (x: Tensor, kernel: Tensor) => {
        const geometry = geometryOf(x as Tensor4D, kernel as Tensor4D, window);
        const { channels, groups, outputs } = geometry;
        if (groups === channels && groups === outputs) {
          const taps = tf.reshape(kernel, [geometry.high, geometry.wide, groups, 1]) as Tensor4D;
          return tf.depthwiseConv2d(x as Tensor4D, taps, window.stride, window.padding);
        }
        return groupedForward(x, kernel, geometry);
      },
      (x, kernel) => [x, kernel],
      (dy, kept) => {
        const [x, kernel] = kept as [Tensor4D, Tensor4D];
        const geometry = geometryOf(x, kernel, window);
        return [
          groupedInputGradient(dy, kernel, x.shape, geometry),
          groupedKernelGradient(x, dy, kernel.shape, geometry),
        ];
      },
    );

  function groupedForward(x: Tensor, kernel: Tensor, geometry: Geometry): Tensor {
    return run({
      name: 'groupedConvolution',
      inputs: { x, kernel },
      shape: [geometry.batch, geometry.rows, geometry.columns, geometry.outputs],
      sizes: { ...geometry },
      body: `
        let y = index % uniforms.outputs;
        let column = index / uniforms.outputs % uniforms.columns;
        let row = index / (uniforms.outputs * uniforms.columns) % uniforms.rows;
        let sample = index / (uniforms.outputs * uniforms.columns * uniforms.rows);
        let members = uniforms.channels / uniforms.groups;
        let first = y / (uniforms.outputs / uniforms.groups) * members;
        var sum = 0.0;
        for (var i = 0; i < uniforms.high; i++) {
          let h = row * uniforms.stride - uniforms.padding + i;
          if (h < 0 || h >= uniforms.height) { continue; }
          for (var j = 0; j < uniforms.wide; j++) {
            let w = column * uniforms.stride - uniforms.padding + j;
            if (w < 0 || w >= uniforms.width) { continue; }
            let pixel = ((sample * uniforms.height + h) * uniforms.width + w) * uniforms.channels + first;
            let tap = (i * uniforms.wide + j) * members * uniforms.outputs + y;
            for (var k = 0; k < members; k++) { sum += x[pixel + k] * kernel[tap + k * uniforms.outputs]; }
          }
        }
        result[index] = sum;`,
    });
  }

  /** Every input gathers from the outputs that it had a part in. */
  function groupedInputGradient(dy: Tensor, kernel: Tensor, shape: readonly number[], geometry: Geometry): Tensor {
    return run({
      name: 'groupedInputGradient',
      inputs: { dy, kernel },
      shape,
      sizes: { ...geometry },
      body: `
        let channel = index % uniforms.channels;
        let w = index / uniforms.channels % uniforms.width;
        let h = index / (uniforms.channels * uniforms.width) % uniforms.height;
        let sample = index / (uniforms.channels * uniforms.width * uniforms.height);
        let members = uniforms.channels / uniforms.groups;
        let followers = uniforms.outputs / uniforms.groups;
        let first = channel / members * followers;
        var sum = 0.0;
        for (var i = 0; i < uniforms.high; i++) {
          let down = h + uniforms.padding - i;
          if (down < 0 || down % uniforms.stride != 0 || down / uniforms.stride >= uniforms.rows) { continue; }
          for (var j = 0; j < uniforms.wide; j++) {
            let right = w + uniforms.padding - j;
            if (right < 0 || right % uniforms.stride != 0 || right / uniforms.stride >= uniforms.columns) { continue; }
            let window = (sample * uniforms.rows + down / uniforms.stride) * uniforms.columns + right / uniforms.stride;
            let tap = ((i * uniforms.wide + j) * members + channel % members) * uniforms.outputs + first;
            let pixel = window * uniforms.outputs + first;
            for (var k = 0; k < followers; k++) { sum += dy[pixel + k] * kernel[tap + k]; }
          }
        }
        result[index] = sum;`,
    });
  }

  /** Rows of outputs are the rows of a sum over columns, which are the kernel's entries. */
  function groupedKernelGradient(x: Tensor, dy: Tensor, shape: readonly number[], geometry: Geometry): Tensor {
    const { batch, rows: lines, columns: across, ...sizes } = geometry;
    const sum = columnSums({
      name: 'groupedKernelGradient',
      inputs: { x, dy },
      rows: batch * lines,
      columns: shape.reduce((product, side) => product * side, 1),
      sizes: { ...sizes, lines, across },
      functions: `
        fn share(row : i32, entry : i32) -> f32 {
          let members = uniforms.channels / uniforms.groups;
          let y = entry % uniforms.outputs;
          let channel = y / (uniforms.outputs / uniforms.groups) * members + entry / uniforms.outputs % members;
          let tap = entry / (uniforms.outputs * members);
          let h = row % uniforms.lines * uniforms.stride - uniforms.padding + tap / uniforms.wide;
          if (h < 0 || h >= uniforms.height) { return 0.0; }
          let line = (row / uniforms.lines * uniforms.height + h) * uniforms.width;
          var sum = 0.0;
          for (var place = 0; place < uniforms.across; place++) {
            let w = place * uniforms.stride - uniforms.padding + tap % uniforms.wide;
            if (w < 0 || w >= uniforms.width) { continue; }
            sum += x[(line + w) * uniforms.channels + channel] * dy[(row * uniforms.across + place) * uniforms.outputs + y];
          }
          return sum;
        }`,
      value: 'share(row, column)',
    });
    return tf.reshape(sum, [...shape]);
  }

  function convolve(x: Tensor4D, kernel: Tensor4D, window: Window): Tensor {
    const [rows, columns, inputs, outputs] = kernel.shape;
    if (window.groups > 1) return grouped(window)(x, kernel);
    if (rows > 1 || columns > 1 || window.stride > 1 || window.padding > 0) return dense(x, kernel, window);
    const y = product(tf.reshape(x, [-1, inputs]), tf.reshape(kernel, [inputs, outputs]));
    return tf.reshape(y, [...x.shape.slice(0, 3), outputs]);
  }

  return {
    conv2d: (x, kernel, { bias, activation, ...window }) =>
      biasActivation(convolve(x, kernel, window), bias, activation) as Tensor4D,
    linear(x, weight, bias, activation) {
      const [inputs, outputs] = weight.shape;
      const y = biasActivation(product(tf.reshape(x, [-1, inputs]), weight), bias, activation);
      return tf.reshape(y, [...x.shape.slice(0, -1), outputs]);
    },
  };
}

/** Sizes of a grouped convolution: map, output, kernel. */
interface Geometry {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
  readonly outputs: number;
  readonly high: number;
  readonly wide: number;
  readonly stride: number;
  readonly padding: number;
  readonly groups: number;
}

function geometryOf(x: Tensor4D, kernel: Tensor4D, { stride, padding, groups }: Window): Geometry {
  const [batch, height, width, channels] = x.shape;
  const [high, wide, , outputs] = kernel.shape;
  const size = (side: number, taps: number) => Math.floor((side + 2 * padding - taps) / stride) + 1;
  const [rows, columns] = [size(height, high), size(width, wide)];
  return { batch, height, width, channels, rows, columns, outputs, high, wide, stride, padding, groups };
}
