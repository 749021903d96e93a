import { deactivate, deactivateOne, GELU } from './activation';
import { at, fma } from './vectors';

/**
 * Sums of columns of [rows, columns], eight columns at a time: so many rows in float32, these in float64. Two sums a column,
 * so that a map is read once.
 */
const CHUNK: i32 = 64;

/** What is summed: x; the difference from the first row, and its square; dy before the activation, and that times x - mean. */
const PLAIN: i32 = 0;
const MOMENTS: i32 = 1;
const SLOPES: i32 = 2;
/** dy before an activation whose input x is. */
const BEFORE: i32 = 3;

/** Floats of scratch memory for two float64 sums a column. */
@inline
export function sumFloats(columns: i32): i32 {
  return 4 * columns;
}

@inline
function addSums(to: usize, v: v128): void {
  v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(v)));
  v128.store(to, f64x2.add(v128.load(to, 16), f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3))), 16);
}

@inline
function addSum(to: usize, v: f32): void {
  store<f64>(to, load<f64>(to) + <f64>v);
}

@inline
export function sumOf(sums: usize, column: i32): f64 {
  return load<f64>(sums + (<usize>column << 3));
}

/** The normalised map before the activation; forward and backward must round it alike. */
@inline
export function normalised(x: v128, mean: v128, scale: v128, beta: v128): v128 {
  return fma(f32x4.sub(x, mean), scale, beta);
}

/**
 * Rows [0, count) of `width` columns, four or eight. First and second: where the float64 sums lie. GELU's derivative is dear:
 * it stays in dx.
 */
@inline
function addRows(
  what: i32, kind: i32, width: i32, x: usize, dy: usize, dx: usize, mean: usize, scale: usize, beta: usize, apart: usize, count: i32,
  first: usize, second: usize,
): void {
  const zero = f32x4.splat(0), wide = width == 8, centred = what == MOMENTS || what == SLOPES, sloped = what == SLOPES || what == BEFORE, normal = what == SLOPES && kind != 0;
  let a = zero, b = zero, s = zero, t = zero;
  const m = centred ? v128.load(mean) : zero, n = centred && wide ? v128.load(mean, 16) : zero;
  const k = normal ? v128.load(scale) : zero, l = normal && wide ? v128.load(scale, 16) : zero;
  const o = normal ? v128.load(beta) : zero, p = normal && wide ? v128.load(beta, 16) : zero;
  for (let r = 0; r < count; r++) {
    const low = v128.load(x);
    const d = centred ? f32x4.sub(low, m) : low;
    const slope = sloped ? deactivate(kind, v128.load(dy), normal ? fma(d, k, o) : d) : d;
    if (sloped && kind == GELU) v128.store(dx, slope);
    a = f32x4.add(a, slope);
    if (centred) s = fma(slope, d, s);
    if (wide) {
      const high = v128.load(x, 16);
      const e = centred ? f32x4.sub(high, n) : high;
      const other = sloped ? deactivate(kind, v128.load(dy, 16), normal ? fma(e, l, p) : e) : e;
      if (sloped && kind == GELU) v128.store(dx, other, 16);
      b = f32x4.add(b, other);
      if (centred) t = fma(other, e, t);
    }
    x += apart;
    if (sloped) dy += apart, dx += apart;
  }
  addSums(first, a);
  if (wide) addSums(first + 32, b);
  if (centred) addSums(second, s);
  if (centred && wide) addSums(second + 32, t);
}

@inline
function sumColumns(
  what: i32, kind: i32, x: usize, dy: usize, dx: usize, means: usize, scales: usize, betas: usize,
  rows: i32, columns: i32, sums: usize,
): void {
  const apart = <usize>columns << 2, second = sums + (<usize>columns << 3);
  memory.fill(sums, 0, <usize>columns << 4);
  for (let first = 0; first < rows; first += CHUNK) {
    const count = min(CHUNK, rows - first), by = first * columns;
    let c = 0;
    for (; c + 8 <= columns; c += 8) {
      const to = <usize>c << 3;
      addRows(
        what, kind, 8, at(x, by + c), at(dy, by + c), at(dx, by + c), at(means, c), at(scales, c), at(betas, c), apart, count,
        sums + to, second + to,
      );
    }
    for (; c + 4 <= columns; c += 4) {
      const to = <usize>c << 3;
      addRows(
        what, kind, 4, at(x, by + c), at(dy, by + c), at(dx, by + c), at(means, c), at(scales, c), at(betas, c), apart, count,
        sums + to, second + to,
      );
    }
    for (; c < columns; c++) {
      let sum: f32 = 0, other: f32 = 0;
      for (let r = 0; r < count; r++) {
        const i = by + r * columns + c;
        const d: f32 = what == MOMENTS || what == SLOPES ? load<f32>(at(x, i)) - load<f32>(at(means, c)) : load<f32>(at(x, i));
        let slope = d;
        if (what == SLOPES) {
          const normal = fma(f32x4.splat(d), v128.load32_splat(at(scales, c)), v128.load32_splat(at(betas, c)));
          slope = deactivateOne(kind, load<f32>(at(dy, i)), f32x4.extract_lane(normal, 0));
          if (kind == GELU) store<f32>(at(dx, i), slope);
        }
        if (what == BEFORE) {
          slope = deactivateOne(kind, load<f32>(at(dy, i)), d);
          store<f32>(at(dx, i), slope);
        }
        sum += slope;
        other += slope * d;
      }
      addSum(sums + (<usize>c << 3), sum);
      addSum(second + (<usize>c << 3), other);
    }
  }
}

/** sums: of x - its first row, then of the squares of that; float64. */
export function momentSums(x: usize, rows: i32, columns: i32, sums: usize): void {
  sumColumns(MOMENTS, 0, x, 0, 0, x, 0, 0, rows, columns, sums);
}

/** sums: of dy before the activation, then of that times x - mean; float64. With GELU it also stands in dx. */
export function slopeSums(
  dy: usize, x: usize, means: usize, scales: usize, beta: usize, dx: usize, rows: i32, columns: i32, kind: i32, sums: usize,
): void {
  if (kind == 0) sumColumns(SLOPES, 0, x, dy, dx, means, scales, beta, rows, columns, sums);
  else if (kind == GELU) sumColumns(SLOPES, 2, x, dy, dx, means, scales, beta, rows, columns, sums);
  else sumColumns(SLOPES, 1, x, dy, dx, means, scales, beta, rows, columns, sums);
}

/** Sum over rows of x [rows, columns]. */
export function columnSums(x: usize, y: usize, scratch: usize, rows: i32, columns: i32): void {
  sumColumns(PLAIN, 0, x, 0, 0, 0, 0, 0, rows, columns, scratch);
  for (let c = 0; c < columns; c++) store<f32>(at(y, c), <f32>sumOf(scratch, c));
}

/** dx: dy before the GELU of x; sums: of its columns, the gradient of a bias before it. scratch: 4 columns. */
export function geluColumnGradient(x: usize, dy: usize, dx: usize, sums: usize, scratch: usize, rows: i32, columns: i32): void {
  sumColumns(BEFORE, 2, x, dy, dx, 0, 0, 0, rows, columns, scratch);
  for (let c = 0; c < columns; c++) store<f32>(at(sums, c), <f32>sumOf(scratch, c));
}
