import { gelu } from './activation';
import { band, bandFloats, ceil, EDGE, forwardGrid, Grid, HEAD, linesTogether } from './grid';
import { packColumns, packTurned, panelFloats } from './panels';
import { COLUMNS, ROWS, rowsTile } from './tile';
import { at } from './vectors';

/** Terms that are summed at a time: a panel of them stays in the nearest cache. */
const TERMS: i32 = 384;

/** Terms of eight columns that stay in the nearest cache beside the rows. */
const NEAR: i32 = 1152;

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

/** Adds `taps` rows of `length` terms to all columns of a block's outputs; `start` is 0 if there is something in them. */
function addTerms(
  rows: usize, out: usize, positions: i32, offset: usize, taps: i32, tapRow: i32, length: i32,
  panels: usize, panelApart: i32, start: usize, O: i32, edge: usize,
): void {
  // All panels in the nearest cache: every row is read and written once. Else one of them at a time.
  const rowsTogether = ceil(O, COLUMNS) * taps * length <= NEAR ? ROWS : positions;
  for (let first = 0; first < positions; first += rowsTogether) {
    const end = min(positions, first + rowsTogether);
    let panel = panels;
    for (let o = 0; o < O; o += COLUMNS, panel = at(panel, panelApart)) {
      const columns = min(COLUMNS, O - o), column = <usize>o << 2, bias = start ? at(start, o) : 0;
      for (let p = first; p < end; p += ROWS) {
        const last = min(ROWS, end - p) - 1, from = rows + (<usize>p << 2), to = out + (<usize>p << 2);
        if (columns == COLUMNS) rowsTile(from, last, offset, taps, tapRow, length, panel, bias, to, column);
        else edgeTile(from, last, offset, taps, tapRow, length, panel, bias, to, column, columns, edge);
      }
    }
  }
}

/**
 * All outputs of a grid by packed panels: position (n, row, column) is written `sample`, `row` and `pixel` floats apart from
 * y on. bias: floats in whole panels, or zeros. `activated` gets GELU of y while that is in the caches; 0 for none.
 */
function convolve(
  scratch: usize, panels: usize, bias: usize, y: usize, sample: i32, row: i32, pixel: i32, O: i32, tables: usize,
  activated: usize,
): void {
  const g = changetype<Grid>(scratch), edge = at(scratch, EDGE), run = g.run;
  const lines = linesTogether(g), most = lines * g.columns;
  const rows = tables, out = at(rows, most), copy = at(out, most);
  // Whole rows of taps while they fit, else a part of one.
  const length = min(run, TERMS), together = run <= TERMS ? TERMS / run : 1;
  for (let first = 0; first < g.lines; first += lines) {
    const end = min(g.lines, first + lines), positions = (end - first) * g.columns;
    const tapRow = band(g, first, end, rows, copy);
    let next = out;
    for (let line = first; line < end; line++) {
      let to = at(y, line / g.rows * sample + line % g.rows * row);
      for (let x = 0; x < g.columns; x++, to = at(to, pixel), next += 4) store<usize>(next, to);
    }
    for (let tap = 0; tap < g.tapRows; tap += together) {
      for (let k = 0; k < run; k += length) {
        const offset = <usize>(tap * tapRow + k) << 2, start = tap == 0 && k == 0 ? bias : 0;
        addTerms(
          rows, out, positions, offset, min(together, g.tapRows - tap), tapRow, min(length, run - k),
          at(panels, (tap * run + k) * COLUMNS), g.tapRows * run * COLUMNS, start, O, edge,
        );
      }
    }
    if (activated) gelu(load<usize>(out), activated + (load<usize>(out) - y), positions * O);
  }
}

@inline
function wholePanels(columns: i32): i32 {
  return ceil(columns, COLUMNS) * COLUMNS;
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

/**
 * y [N, OH, OW, O] of x [N, H, W, C], w [rows, columns, C, O] and bias [O], which is 0 where there is none; `activated` gets
 * GELU of it, if it is not 0.
 */
export function convolution(
  x: usize, w: usize, bias: usize, y: usize, activated: usize, scratch: usize, N: i32, H: i32, W: i32, C: i32, OH: i32, OW: i32, O: i32,
  rows: i32, columns: i32, stride: i32, padding: i32,
): void {
  const g = changetype<Grid>(scratch);
  forwardGrid(g, x, N, H, W, C, OH, OW, rows, columns, stride, padding);
  const terms = rows * columns * C;
  const panels = at(scratch, HEAD), start = at(panels, panelFloats(terms, O));
  packColumns(w, terms, O, panels);
  memory.fill(start, 0, <usize>wholePanels(O) << 2);
  if (bias) memory.copy(start, bias, <usize>O << 2);
  convolve(scratch, panels, start, y, g.rows * g.columns * O, g.columns * O, O, O, at(start, wholePanels(O)), activated);
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
  g.rows = ceil(H - y, stride);
  g.columns = ceil(W - x, stride);
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
      convolve(scratch, panels, start, to, H * W * C, stride * W * C, stride * C, C, at(start, wholePanels(C)), 0);
    }
  }
}
