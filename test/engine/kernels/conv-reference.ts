import { normals, sizeOf } from './values.js';

export interface Convolution {
  /** N, H, W, C. */
  readonly shape: readonly [number, number, number, number];
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly groups: number;
  readonly outputs: number;
}

export const dense = (
  shape: Convolution['shape'],
  outputs: number,
  kernel: number,
  stride = 1,
  padding = 0,
): Convolution => ({ shape, kernel, stride, padding, groups: 1, outputs });

export const depthwise = (
  shape: Convolution['shape'],
  kernel: number,
  stride = 1,
  padding = (kernel - 1) / 2,
): Convolution => ({ shape, kernel, stride, padding, groups: shape[3], outputs: shape[3] });

/** Values for a convolution and the gradient of its output, and what the gradient of the bias must be. */
export function drawn(convolution: Convolution) {
  const { shape, outputs } = convolution;
  const dy = normals(4, outputShape(convolution));
  const dbias = new Float64Array(outputs);
  dy.forEach((value, i) => {
    dbias[i % outputs]! += value;
  });
  return { x: normals(1, shape), w: normals(2, kernelShape(convolution)), bias: normals(3, [outputs]), dy, dbias };
}

export function outputShape({
  shape: [N, H, W],
  kernel,
  stride,
  padding,
  outputs,
}: Convolution): [number, number, number, number] {
  const size = (side: number) => Math.floor((side + 2 * padding - kernel) / stride) + 1;
  return [N, size(H), size(W), outputs];
}

export const kernelShape = ({ shape, kernel, groups, outputs }: Convolution): [number, number, number, number] => [
  kernel,
  kernel,
  shape[3] / groups,
  outputs,
];

/** Grouped convolution and its gradients by the definition, in float64. */
export function convolve(convolution: Convolution, x: Float64Array, w: Float64Array, dy: Float64Array) {
  const [N, H, W, C] = convolution.shape;
  const { kernel, stride, padding, groups } = convolution;
  const [, OH, OW, O] = outputShape(convolution);
  const inputs = C / groups;
  const outputs = O / groups;
  const y = new Float64Array(N * OH * OW * O);
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(sizeOf(kernelShape(convolution)));
  for (let n = 0; n < N; n++)
    for (let oh = 0; oh < OH; oh++)
      for (let ow = 0; ow < OW; ow++)
        for (let i = 0; i < kernel; i++)
          for (let j = 0; j < kernel; j++) {
            const [h, v] = [oh * stride + i - padding, ow * stride + j - padding];
            if (h < 0 || v < 0 || h >= H || v >= W) continue;
            for (let o = 0; o < O; o++) {
              const out = ((n * OH + oh) * OW + ow) * O + o;
              const first = Math.floor(o / outputs) * inputs;
              for (let c = 0; c < inputs; c++) {
                const at = ((n * H + h) * W + v) * C + first + c;
                const tap = ((i * kernel + j) * inputs + c) * O + o;
                y[out]! += x[at]! * w[tap]!;
                dx[at]! += dy[out]! * w[tap]!;
                dw[tap]! += dy[out]! * x[at]!;
              }
            }
          }
  return { y, dx, dw };
}
