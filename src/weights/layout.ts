import type { ParameterSpec } from '../layers/layer.js';

/** How a parameter lies in another tool's file; this project keeps kernels as `[kh, kw, in, out]`, matrices as `[in, out]`. */
export type Layout =
  /** As it is: vectors, tables. */
  | 'same'
  /** `[kh, kw, in, out]` <-> `[out, in, kh, kw]`. */
  | 'conv'
  /** `[in, out]` <-> `[out, in]`. */
  | 'linear'
  /** A 1x1 kernel `[1, 1, in, out]` <-> a linear layer's `[out, in]`. */
  | 'pointwise-as-linear'
  /** `[C]` <-> `[C, 1, 1]`. */
  | 'channel-map'
  /** Patch merging's `[4C]`: here channel by channel in one position after the other, there position by position in one channel after the other, as `nn.Unfold` has it. */
  | 'unfold'
  /** `[4C, out]` <-> `[out, 4C]`, its inputs as in `unfold`. */
  | 'unfold-linear';

/** The layout that PyTorch's own module for a parameter has. */
export function torchLayout({ name, shape }: ParameterSpec): Layout {
  if (shape.length === 4) return 'conv';
  return shape.length === 2 && name.endsWith('weight') ? 'linear' : 'same';
}

export function foreignShape(shape: readonly number[], layout: Layout): readonly number[] {
  const [a, b, c, d] = shape as [number, number, number, number];
  if (layout === 'conv') return [d, c, a, b];
  if (layout === 'linear' || layout === 'unfold-linear') return [b, a];
  if (layout === 'pointwise-as-linear') return [d, c];
  return layout === 'channel-map' ? [a, 1, 1] : shape;
}

/** From this project's order of values to the other tool's. */
export function toForeign(values: Float32Array, shape: readonly number[], layout: Layout): Float32Array {
  const [rows, columns] = asMatrix(shape, layout);
  if (layout === 'conv') return moveKernel(values, shape, true);
  return transpose(layout.startsWith('unfold') ? movePositions(values, shape, true) : values, rows, columns);
}

/** From the other tool's order of values to this project's. */
export function fromForeign(values: Float32Array, shape: readonly number[], layout: Layout): Float32Array {
  const [rows, columns] = asMatrix(shape, layout);
  if (layout === 'conv') return moveKernel(values, shape, false);
  const moved = transpose(values, columns, rows);
  return layout.startsWith('unfold') ? movePositions(moved, shape, false) : moved;
}

/** Our side of a transposition as rows and columns; 1 row where nothing moves. */
function asMatrix(shape: readonly number[], layout: Layout): [number, number] {
  const last = shape.at(-1) as number;
  const others = shape.slice(0, -1).reduce((product, side) => product * side, 1);
  const moves = layout === 'linear' || layout === 'pointwise-as-linear' || layout === 'unfold-linear';
  return moves ? [others, last] : [1, others * last];
}

function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  if (rows === 1 || columns === 1) return values;
  const moved = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      moved[column * rows + row] = values[row * columns + column] as number;
  }
  return moved;
}

/** `[kh, kw, in, out]` to `[out, in, kh, kw]` or back. */
function moveKernel(values: Float32Array, shape: readonly number[], toTorch: boolean): Float32Array {
  const [height, width, inputs, outputs] = shape as [number, number, number, number];
  const area = height * width;
  const moved = new Float32Array(values.length);
  for (let place = 0; place < area; place++) {
    for (let input = 0; input < inputs; input++) {
      const ours = (place * inputs + input) * outputs;
      for (let output = 0; output < outputs; output++) {
        const theirs = (output * inputs + input) * area + place;
        if (toTorch) moved[theirs] = values[ours + output] as number;
        else moved[ours + output] = values[theirs] as number;
      }
    }
  }
  return moved;
}

/**
 * The first axis of `[4C]` or `[4C, out]` between patch merging's order here, positions (0, 0), (1, 0), (0, 1), (1, 1) of
 * (row, column) with their channels, and `nn.Unfold`'s, channels with their positions row by row.
 */
function movePositions(values: Float32Array, shape: readonly number[], toUnfold: boolean): Float32Array {
  const [length, width = 1] = shape as [number, number?];
  const channels = length / 4;
  const moved = new Float32Array(values.length);
  for (let position = 0; position < 4; position++) {
    const [row, column] = [position % 2, position >> 1];
    for (let channel = 0; channel < channels; channel++) {
      const ours = (position * channels + channel) * width;
      const theirs = (channel * 4 + row * 2 + column) * width;
      const [from, to] = toUnfold ? [ours, theirs] : [theirs, ours];
      moved.set(values.subarray(from, from + width), to);
    }
  }
  return moved;
}
