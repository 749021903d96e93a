import { at } from './vectors';

@inline
export function ceil(count: i32, size: i32): i32 {
  return (count + size - 1) / size;
}

/** A call's scratch memory begins with its grid; at EDGE, sums are kept for a moment; its tables begin at HEAD. In floats. */
export const EDGE: i32 = 64;
export const HEAD: i32 = 128;

/** Outputs [N, rows, columns] over a map [N, H, W, C]; a "line" is one row of one sample's outputs. */
@unmanaged
export class Grid {
  map: usize;
  N: i32;
  H: i32;
  W: i32;
  C: i32;
  rows: i32;
  columns: i32;
  stride: i32;
  /** Zeros that stand before the map; negative: what is left out of it. */
  top: i32;
  left: i32;
  tapRows: i32;
  tapColumns: i32;

  get lines(): i32 {
    return this.N * this.rows;
  }
  /** Terms of a row of taps, which lie side by side. */
  get run(): i32 {
    return this.tapColumns * this.C;
  }
  get span(): i32 {
    return (this.columns - 1) * this.stride + this.tapColumns;
  }
  /** No tap of any output lies outside of the map. */
  get direct(): bool {
    const bottom = (this.rows - 1) * this.stride - this.top + this.tapRows;
    return this.top <= 0 && this.left <= 0 && bottom <= this.H && this.span - this.left <= this.W;
  }
}

/** What a convolution reads. Without a window positions are independent of each other: lines of one. */
export function forwardGrid(
  g: Grid, x: usize, N: i32, H: i32, W: i32, C: i32, OH: i32, OW: i32, rows: i32, columns: i32, stride: i32, padding: i32,
): void {
  const alone = rows == 1 && columns == 1 && stride == 1 && padding == 0;
  g.map = x;
  g.N = alone ? N * H * W : N;
  g.H = alone ? 1 : H;
  g.W = alone ? 1 : W;
  g.C = C;
  g.rows = alone ? 1 : OH;
  g.columns = alone ? 1 : OW;
  g.stride = stride;
  g.top = g.left = padding;
  g.tapRows = rows;
  g.tapColumns = columns;
}

/** How many lines are worked on together. */
export function linesTogether(g: Grid): i32 {
  const positions = max(60, min(240, 49152 / min(g.C, 384)));
  return min(g.lines, max(1, positions / g.columns));
}

/** Floats of a copied band of so many lines, wherever they begin. */
export function bandFloats(g: Grid, lines: i32): i32 {
  if (g.direct) return 0;
  const samples = min(g.N, ceil(lines, g.rows) + 1);
  return (lines * g.stride + samples * g.tapRows) * g.span * g.C;
}

/** Row `y` of a sample with the zeros around it. */
function copyRow(g: Grid, sample: usize, y: i32, to: usize): void {
  const span = g.span;
  const from = min(span, max(0, g.left));
  const end = max(from, min(span, g.W + g.left));
  if (y < 0 || y >= g.H || from == end) {
    memory.fill(to, 0, <usize>(span * g.C) << 2);
    return;
  }
  memory.fill(to, 0, <usize>(from * g.C) << 2);
  memory.copy(at(to, from * g.C), at(sample, (y * g.W + from - g.left) * g.C), <usize>((end - from) * g.C) << 2);
  memory.fill(at(to, end * g.C), 0, <usize>((span - end) * g.C) << 2);
}

/**
 * Writes the address of every position's first tap of lines [first, end) to `table`. Where taps lie outside of the map, the
 * band of it that they need is copied to `copy` with its zeros. Returns the floats from one row of taps to the next.
 */
export function band(g: Grid, first: i32, end: i32, table: usize, copy: usize): i32 {
  const step = <usize>(g.stride * g.C) << 2;
  if (g.direct) {
    for (let line = first; line < end; line++) {
      const y = (line % g.rows) * g.stride - g.top;
      let from = at(g.map, ((line / g.rows * g.H + y) * g.W - g.left) * g.C);
      for (let x = 0; x < g.columns; x++, from += step, table += 4) store<usize>(table, from);
    }
    return g.W * g.C;
  }
  const tapRow = g.span * g.C;
  for (let line = first; line < end;) {
    const n = line / g.rows;
    const begin = line % g.rows;
    const last = min(g.rows, begin + end - line) - 1;
    for (let y = 0; y <= last - begin; y++) {
      let from = at(copy, y * g.stride * tapRow);
      for (let x = 0; x < g.columns; x++, from += step, table += 4) store<usize>(table, from);
    }
    const top = begin * g.stride - g.top;
    const bottom = last * g.stride - g.top + g.tapRows;
    for (let y = top; y < bottom; y++, copy = at(copy, tapRow)) {
      // Rows between the taps of a stride are never read.
      if ((y - top) % g.stride < g.tapRows) copyRow(g, at(g.map, n * g.H * g.W * g.C), y, copy);
    }
    line += last - begin + 1;
  }
  return tapRow;
}
