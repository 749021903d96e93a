import { type AxisMap, axisMap, pullBack } from './linear-maps.js';
import type { Attributes, OpGradient, Tf } from './register.js';

/** Resizing is a linear map of rows and one of columns, laid out as TensorFlow computes them, in float32. */
export function resamplingGradients(tf: Tf): OpGradient[] {
  const resize = (op: string, mapOf: typeof bilinear): OpGradient => ({
    op,
    inputs: ['images'],
    backward: (dy, [images], attributes) => ({
      images: () =>
        pullBack(
          tf,
          dy,
          [1, 2].map((axis) => mapOf(axis, images!.shape, dy.shape, attributes)),
        ),
    }),
  });
  return [resize('ResizeBilinear', bilinear), resize('ResizeNearestNeighbor', nearest)];
}

function scaleOf(input: number, output: number, alignCorners: boolean): number {
  return Math.fround(alignCorners && output > 1 ? (input - 1) / (output - 1) : input / output);
}

function bilinear(axis: number, from: readonly number[], to: readonly number[], attributes: Attributes): AxisMap {
  const [input, output] = [from[axis] as number, to[axis] as number];
  const { alignCorners, halfPixelCenters } = attributes;
  const scale = scaleOf(input, output, alignCorners);
  return axisMap(axis, output, input, (row) => {
    const at = halfPixelCenters
      ? Math.fround(Math.fround(Math.fround(row + 0.5) * scale) - 0.5)
      : Math.fround(row * scale);
    const floor = Math.floor(at);
    const share = Math.fround(at - floor);
    const [lower, upper] = [Math.max(floor, 0), Math.min(Math.ceil(at), input - 1)];
    return [
      [lower, 1 - share],
      [upper, share],
    ];
  });
}

function nearest(axis: number, from: readonly number[], to: readonly number[], attributes: Attributes): AxisMap {
  const [input, output] = [from[axis] as number, to[axis] as number];
  const { alignCorners, halfPixelCenters } = attributes;
  const scale = scaleOf(input, output, alignCorners);
  return axisMap(axis, output, input, (row) => {
    const at = Math.fround(halfPixelCenters ? Math.fround(row + 0.5) * scale : row * scale);
    const column = Math.min(alignCorners ? Math.round(at) : Math.floor(at), input - 1);
    return [[Math.max(0, column), 1]];
  });
}
