import { fma } from './vectors';

/**
 * The inner loops of matrix products and dense convolutions: a tile of four rows of eight sums stays in registers while they
 * run. V8 loads all that a stretch of code without branches reads before it computes: with a tile's sums, that must fit into
 * the fifteen registers it gives out. Hence no larger tiles, and a way out after every term.
 */
export const ROWS: i32 = 4;
export const COLUMNS: i32 = 8;

/**
 * out[r][c] = start + sum over taps t and terms k of rows[r][t tapRow + k] panel[t length + k][c], for r up to `last`.
 * rows, out: tables of addresses, `offset` and `column` bytes before what is meant. start: eight floats, or 0 for what `out`
 * holds.
 */
export function rowsTile(
  rows: usize, last: i32, offset: usize, taps: i32, tapRow: i32, length: i32, panel: usize, start: usize,
  out: usize, column: usize,
): void {
  // Beyond the last, rows repeat it and write what it writes.
  const i1 = <usize>min(1, last) << 2, i2 = <usize>min(2, last) << 2, i3 = <usize>min(3, last) << 2;
  let p0 = load<usize>(rows) + offset, p1 = load<usize>(rows + i1) + offset, p2 = load<usize>(rows + i2) + offset;
  let p3 = load<usize>(rows + i3) + offset;
  const o0 = load<usize>(out) + column, o1 = load<usize>(out + i1) + column, o2 = load<usize>(out + i2) + column;
  const o3 = load<usize>(out + i3) + column;
  let a0 = v128.load(start ? start : o0), b0 = v128.load(start ? start : o0, 16);
  let a1 = v128.load(start ? start : o1), b1 = v128.load(start ? start : o1, 16);
  let a2 = v128.load(start ? start : o2), b2 = v128.load(start ? start : o2, 16);
  let a3 = v128.load(start ? start : o3), b3 = v128.load(start ? start : o3, 16);
  const step = <usize>(tapRow - length) << 2;
  for (let tap = 0; tap < taps; tap++) {
    const end = p0 + (<usize>length << 2);
    while (true) {
      let low: v128, high: v128, v: v128;
      low = v128.load(panel), high = v128.load(panel, 16);
      v = v128.load_splat<f32>(p0);
      a0 = fma(v, low, a0), b0 = fma(v, high, b0);
      v = v128.load_splat<f32>(p1);
      a1 = fma(v, low, a1), b1 = fma(v, high, b1);
      v = v128.load_splat<f32>(p2);
      a2 = fma(v, low, a2), b2 = fma(v, high, b2);
      v = v128.load_splat<f32>(p3);
      a3 = fma(v, low, a3), b3 = fma(v, high, b3);
      if (p0 + 4 == end) {
        p0 += 4, p1 += 4, p2 += 4, p3 += 4, panel += 32;
        break;
      }
      low = v128.load(panel, 32), high = v128.load(panel, 48);
      v = v128.load_splat<f32>(p0, 4);
      a0 = fma(v, low, a0), b0 = fma(v, high, b0);
      v = v128.load_splat<f32>(p1, 4);
      a1 = fma(v, low, a1), b1 = fma(v, high, b1);
      v = v128.load_splat<f32>(p2, 4);
      a2 = fma(v, low, a2), b2 = fma(v, high, b2);
      v = v128.load_splat<f32>(p3, 4);
      a3 = fma(v, low, a3), b3 = fma(v, high, b3);
      if (p0 + 8 == end) {
        p0 += 8, p1 += 8, p2 += 8, p3 += 8, panel += 64;
        break;
      }
      low = v128.load(panel, 64), high = v128.load(panel, 80);
      v = v128.load_splat<f32>(p0, 8);
      a0 = fma(v, low, a0), b0 = fma(v, high, b0);
      v = v128.load_splat<f32>(p1, 8);
      a1 = fma(v, low, a1), b1 = fma(v, high, b1);
      v = v128.load_splat<f32>(p2, 8);
      a2 = fma(v, low, a2), b2 = fma(v, high, b2);
      v = v128.load_splat<f32>(p3, 8);
      a3 = fma(v, low, a3), b3 = fma(v, high, b3);
      if (p0 + 12 == end) {
        p0 += 12, p1 += 12, p2 += 12, p3 += 12, panel += 96;
        break;
      }
      low = v128.load(panel, 96), high = v128.load(panel, 112);
      v = v128.load_splat<f32>(p0, 12);
      a0 = fma(v, low, a0), b0 = fma(v, high, b0);
      v = v128.load_splat<f32>(p1, 12);
      a1 = fma(v, low, a1), b1 = fma(v, high, b1);
      v = v128.load_splat<f32>(p2, 12);
      a2 = fma(v, low, a2), b2 = fma(v, high, b2);
      v = v128.load_splat<f32>(p3, 12);
      a3 = fma(v, low, a3), b3 = fma(v, high, b3);
      p0 += 16, p1 += 16, p2 += 16, p3 += 16, panel += 128;
      if (p0 == end) break;
    }
    p0 += step, p1 += step, p2 += step, p3 += step;
  }
  v128.store(o0, a0), v128.store(o0, b0, 16);
  v128.store(o1, a1), v128.store(o1, b1, 16);
  v128.store(o2, a2), v128.store(o2, b2, 16);
  v128.store(o3, a3), v128.store(o3, b3, 16);
}

@inline
function addTo(sums: usize, low: v128, high: v128): void {
  v128.store(sums, f32x4.add(v128.load(sums), low));
  v128.store(sums, f32x4.add(v128.load(sums, 16), high), 16);
}

/**
 * sums[r][c] += sum over positions p of terms[p][r] slopes[p][c], for the first `rows` r; sums lie `apart` bytes from row to
 * row.
 */
export function outerTile(terms: usize, slopes: usize, positions: i32, sums: usize, apart: usize, rows: i32): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
  const end = terms + (<usize>positions << 4);
  while (true) {
    let low: v128, high: v128, v: v128;
    low = v128.load(slopes), high = v128.load(slopes, 16);
    v = v128.load_splat<f32>(terms);
    a0 = fma(v, low, a0), b0 = fma(v, high, b0);
    v = v128.load_splat<f32>(terms, 4);
    a1 = fma(v, low, a1), b1 = fma(v, high, b1);
    v = v128.load_splat<f32>(terms, 8);
    a2 = fma(v, low, a2), b2 = fma(v, high, b2);
    v = v128.load_splat<f32>(terms, 12);
    a3 = fma(v, low, a3), b3 = fma(v, high, b3);
    if (terms + 16 == end) break;
    low = v128.load(slopes, 32), high = v128.load(slopes, 48);
    v = v128.load_splat<f32>(terms, 16);
    a0 = fma(v, low, a0), b0 = fma(v, high, b0);
    v = v128.load_splat<f32>(terms, 20);
    a1 = fma(v, low, a1), b1 = fma(v, high, b1);
    v = v128.load_splat<f32>(terms, 24);
    a2 = fma(v, low, a2), b2 = fma(v, high, b2);
    v = v128.load_splat<f32>(terms, 28);
    a3 = fma(v, low, a3), b3 = fma(v, high, b3);
    terms += 32, slopes += 64;
    if (terms == end) break;
  }
  addTo(sums, a0, b0);
  if (rows > 1) addTo(sums + apart, a1, b1);
  if (rows > 2) addTo(sums + 2 * apart, a2, b2);
  if (rows > 3) addTo(sums + 3 * apart, a3, b3);
}
