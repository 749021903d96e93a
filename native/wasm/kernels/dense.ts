import { band, bandFloats, forwardGrid, Grid, linesTogether } from './grid';
import { packColumns, packTurned, panelFloats } from './panels';
import { COLUMNS, ROWS, rowsTile } from './tile';
import { at } from './vectors';

/** Terms that are summed at a time: a panel of them stays in the nearest cache. */
const TERMS: i32 = 384;
/** Floats before a call's tables: its grid and what a tile of fewer columns is written to. */
const HEAD: i32 = 128;
const EDGE: i32 = 64;

/** A tile of a panel with fewer than eight columns, by way of `edge`. */
function edgeTile(
  rows: usize, last: i32, offset: usize, taps: i32, tapRow: i32, length: i32, panel: usize, start: usize,
  out: usize, column: usize, columns: i32, edge: usize,
): void {
  const table = at(edge, ROWS * COLUMNS);
  for (let r = 0; r <= last; r++) {
    const row = at(edge, r * COLUMNS);
    store<usize>(table + (<usize>r << 2), row);
    if (!start) memory.copy(row, load<usize>(out + (<usize>r << 2)) + column, <usize>columns << 2);
  }
  rowsTile(rows, last, offset, taps, tapRow, length, panel, start, table, 0);
  for (let r = 0; r <= last; r++)
    memory.copy(load<usize>(out + (<usize>r << 2)) + column, at(edge, r * COLUMNS), <usize>columns << 2);
}

/**
 * All outputs of a grid by packed panels: position (n, row, column) is written `sample`, `row` and `pixel` floats apart from
 * y on. bias: floats in whole panels, or zeros.
 */
function convolve(
  scratch: usize, panels: usize, bias: usize, y: usize, sample: i32, row: i32, pixel: i32, O: i32, tables: usize,
): void {
  const g = changetype<Grid>(scratch);
  const edge = at(scratch, EDGE);
  const lines = linesTogether(g);
  const rows = tables, out = at(rows, lines * g.columns), copy = at(out, lines * g.columns);
  const terms = g.tapRows * g.run;
  for (let first = 0; first < g.lines; first += lines) {
    const end = min(g.lines, first + lines), positions = (end - first) * g.columns;
    const tapRow = band(g, first, end, rows, copy);
    let next = out;
    for (let line = first; line < end; line++) {
      let to = at(y, line / g.rows * sample + line % g.rows * row);
      for (let x = 0; x < g.columns; x++, to = at(to, pixel), next += 4) store<usize>(next, to);
    }
    // Whole rows of taps while they fit, else a part of one.
    const length = min(g.run, TERMS), tapsTogether = g.run <= TERMS ? TERMS / g.run : 1;
    for (let tap = 0; tap < g.tapRows; tap += tapsTogether) {
      const taps = min(tapsTogether, g.tapRows - tap);
      for (let k = 0; k < g.run; k += length) {
        const count = min(length, g.run - k), fresh = tap == 0 && k == 0;
        const offset = <usize>(tap * tapRow + k) << 2;
        for (let o = 0; o < O; o += COLUMNS) {
          const panel = at(panels, (o / COLUMNS * terms + tap * g.run + k) * COLUMNS), columns = min(COLUMNS, O - o);
          const start = fresh ? at(bias, o) : 0, column = <usize>o << 2;
          for (let p = 0; p < positions; p += ROWS) {
            const last = min(ROWS, positions - p) - 1, from = rows + (<usize>p << 2), to = out + (<usize>p << 2);
            if (columns == COLUMNS) rowsTile(from, last, offset, taps, tapRow, count, panel, start, to, column);
            else edgeTile(from, last, offset, taps, tapRow, count, panel, start, to, column, columns, edge);
          }
        }
      }
    }
  }
}

@inline
function wholePanels(columns: i32): i32 {
  return (columns + COLUMNS - 1) / COLUMNS * COLUMNS;
}

/** Floats of scratch memory that a convolution to O channels over the grid at `scratch` needs. */
function scratchFloats(g: Grid, O: i32): i32 {
  const lines = linesTogether(g);
  return HEAD + panelFloats(g.tapRows * g.run, O) + wholePanels(O) + 2 * lines * g.columns + bandFloats(g, lines);
}

/** Floats of scratch memory for `convolution`; `scratch` has the 128 that finding out takes. */
export function convolutionScratch(
  scratch: usize, N: i32, H: i32, W: i32, C: i32, OH: i32, OW: i32, O: i32,
  rows: i32, columns: i32, stride: i32, padding: i32,
): i32 {
  const g = changetype<Grid>(scratch);
  forwardGrid(g, 0, N, H, W, C, OH, OW, rows, columns, stride, padding);
  return scratchFloats(g, O);
}

/** y [N, OH, OW, O] of x [N, H, W, C], w [rows, columns, C, O] and bias [O], which is 0 where there is none. */
export function convolution(
  x: usize, w: usize, bias: usize, y: usize, scratch: usize, N: i32, H: i32, W: i32, C: i32, OH: i32, OW: i32, O: i32,
  rows: i32, columns: i32, stride: i32, padding: i32,
): void {
  const g = changetype<Grid>(scratch);
  forwardGrid(g, x, N, H, W, C, OH, OW, rows, columns, stride, padding);
  const terms = rows * columns * C;
  const panels = at(scratch, HEAD), start = at(panels, panelFloats(terms, O));
  packColumns(w, terms, O, O, panels);
  memory.fill(start, 0, <usize>wholePanels(O) << 2);
  if (bias) memory.copy(start, bias, <usize>O << 2);
  convolve(scratch, panels, start, y, g.rows * g.columns * O, g.columns * O, O, O, at(start, wholePanels(O)));
}

/** The taps of a phase that reach the inputs `at, at + stride, ...`: how many, and the last of them. */
@inline
function phaseTaps(at: i32, taps: i32, stride: i32, padding: i32): i32 {
  const first = (at + padding) % stride;
  return first < taps ? (taps - 1 - first) / stride + 1 : 0;
}

@inline
function lastTap(at: i32, taps: i32, stride: i32, padding: i32): i32 {
  return (at + padding) % stride + (phaseTaps(at, taps, stride, padding) - 1) * stride;
}

/** The outputs that reach the inputs of a phase, as a map that is convolved to them. */
function phaseGrid(
  g: Grid, dy: usize, y: i32, x: i32, N: i32, H: i32, W: i32, OH: i32, OW: i32, O: i32,
  rows: i32, columns: i32, stride: i32, padding: i32,
): void {
  g.map = dy;
  g.N = N;
  g.H = OH;
  g.W = OW;
  g.C = O;
  g.rows = (H - y + stride - 1) / stride;
  g.columns = (W - x + stride - 1) / stride;
  g.stride = 1;
  g.top = (lastTap(y, rows, stride, padding) - y - padding) / stride;
  g.left = (lastTap(x, columns, stride, padding) - x - padding) / stride;
  g.tapRows = phaseTaps(y, rows, stride, padding);
  g.tapColumns = phaseTaps(x, columns, stride, padding);
}

/** Floats of scratch memory for `convolutionInputGradient`: what its largest phase needs. */
export function convolutionInputGradientScratch(
  scratch: usize, N: i32, H: i32, W: i32, C: i32, OH: i32, OW: i32, O: i32,
  rows: i32, columns: i32, stride: i32, padding: i32,
): i32 {
  const g = changetype<Grid>(scratch);
  let most = HEAD;
  for (let y = 0; y < min(stride, H); y++) {
    for (let x = 0; x < min(stride, W); x++) {
      phaseGrid(g, 0, y, x, N, H, W, OH, OW, O, rows, columns, stride, padding);
      if (g.tapRows > 0 && g.tapColumns > 0) most = max(most, scratchFloats(g, C));
    }
  }
  return most;
}

/** dx [N, H, W, C] of `convolution`, phase by phase of the stride: each is a convolution of dy. */
export function convolutionInputGradient(
  dy: usize, w: usize, dx: usize, scratch: usize, N: i32, H: i32, W: i32, C: i32, OH: i32, OW: i32, O: i32,
  rows: i32, columns: i32, stride: i32, padding: i32,
): void {
  const g = changetype<Grid>(scratch);
  const panels = at(scratch, HEAD);
  for (let y = 0; y < min(stride, H); y++) {
    for (let x = 0; x < min(stride, W); x++) {
      phaseGrid(g, dy, y, x, N, H, W, OH, OW, O, rows, columns, stride, padding);
      const to = at(dx, (y * W + x) * C);
      if (g.tapRows == 0 || g.tapColumns == 0) {
        for (let line = 0; line < g.lines; line++) {
          for (let column = 0; column < g.columns; column++)
            memory.fill(at(to, ((line / g.rows * H + line % g.rows * stride) * W + column * stride) * C), 0, <usize>C << 2);
        }
        continue;
      }
      const lastRow = lastTap(y, rows, stride, padding), lastColumn = lastTap(x, columns, stride, padding);
      packTurned(w, columns, C, O, stride, lastRow, lastColumn, g.tapRows, g.tapColumns, panels);
      const start = at(panels, panelFloats(g.tapRows * g.run, C));
      memory.fill(start, 0, <usize>wholePanels(C) << 2);
      convolve(scratch, panels, start, to, H * W * C, stride * W * C, stride * C, C, at(start, wholePanels(C)));
    }
  }
}
