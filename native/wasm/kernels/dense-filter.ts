import { band, bandFloats, ceil, EDGE, forwardGrid, Grid, HEAD } from './grid';
import { packColumns } from './panels';
import { COLUMNS, outerTile, ROWS } from './tile';
import { at } from './vectors';

/** Positions that are summed at a time, about: a panel of their slopes stays in the nearest cache. */
const POSITIONS: i32 = 128;

@inline
function linesOf(g: Grid): i32 {
  return min(g.lines, max(1, POSITIONS / g.columns));
}

/** Four terms of every position, from `offset` bytes after where `rows` says on: [positions][4], zeros beyond `count`. */
function packTerms(rows: usize, offset: usize, positions: i32, count: i32, to: usize): void {
  for (let end = to + (<usize>positions << 4); to < end; to += ROWS << 2, rows += 4) {
    const from = load<usize>(rows) + offset;
    if (count == ROWS) {
      v128.store(to, v128.load(from));
      continue;
    }
    for (let k = 0; k < ROWS; k++) store<f32>(at(to, k), k < count ? load<f32>(at(from, k)) : 0);
  }
}

/** A tile of a panel with fewer than eight columns, by way of `edge`. */
function edgeTile(
  terms: usize, slopes: usize, positions: i32, sums: usize, O: i32, rows: i32, columns: i32, edge: usize,
): void {
  memory.fill(edge, 0, ROWS * COLUMNS << 2);
  outerTile(terms, slopes, positions, edge, COLUMNS << 2, rows);
  for (let k = 0; k < rows; k++) {
    for (let c = 0; c < columns; c++) {
      const sum = at(sums, k * O + c);
      store<f32>(sum, load<f32>(sum) + load<f32>(at(edge, k * COLUMNS + c)));
    }
  }
}

/** Floats of scratch memory for `convolutionFilterGradient`; `scratch` has the 128 that finding out takes. */
export function convolutionFilterGradientScratch(
  scratch: usize, N: i32, H: i32, W: i32, C: i32, OH: i32, OW: i32, O: i32,
  rows: i32, columns: i32, stride: i32, padding: i32,
): i32 {
  const g = changetype<Grid>(scratch);
  forwardGrid(g, 0, N, H, W, C, OH, OW, rows, columns, stride, padding);
  const lines = linesOf(g), positions = lines * g.columns;
  return HEAD + positions * (1 + ROWS + ceil(O, COLUMNS) * COLUMNS) + bandFloats(g, lines);
}

/** dw [rows, columns, C, O] of `convolution`. */
export function convolutionFilterGradient(
  dy: usize, x: usize, dw: usize, scratch: usize, N: i32, H: i32, W: i32, C: i32, OH: i32, OW: i32, O: i32,
  rows: i32, columns: i32, stride: i32, padding: i32,
): void {
  const g = changetype<Grid>(scratch);
  forwardGrid(g, x, N, H, W, C, OH, OW, rows, columns, stride, padding);
  const lines = linesOf(g), run = g.run, panels = ceil(O, COLUMNS), most = lines * g.columns;
  const edge = at(scratch, EDGE), table = at(scratch, HEAD), terms = at(table, most), slopes = at(terms, most * ROWS);
  const copy = at(slopes, most * panels * COLUMNS);
  memory.fill(dw, 0, <usize>(g.tapRows * run * O) << 2);
  for (let first = 0; first < g.lines; first += lines) {
    const end = min(g.lines, first + lines), positions = (end - first) * g.columns, panel = positions * COLUMNS;
    const tapRow = band(g, first, end, table, copy);
    packColumns(at(dy, first * g.columns * O), positions, O, slopes);
    for (let tap = 0; tap < g.tapRows; tap++) {
      for (let k = 0; k < run; k += ROWS) {
        const rows = min(ROWS, run - k), sums = at(dw, (tap * run + k) * O);
        packTerms(table, <usize>(tap * tapRow + k) << 2, positions, rows, terms);
        for (let i = 0; i < panels; i++) {
          const o = i * COLUMNS, count = min(COLUMNS, O - o);
          if (count == COLUMNS) outerTile(terms, at(slopes, i * panel), positions, at(sums, o), <usize>O << 2, rows);
          else edgeTile(terms, at(slopes, i * panel), positions, at(sums, o), O, rows, count, edge);
        }
      }
    }
  }
}
