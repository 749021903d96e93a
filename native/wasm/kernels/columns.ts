import { at } from './vectors';

/** Sums of columns are taken for sixteen at a time, a cache line of each row, in float64. */
const STRIP: i32 = 16;

@inline
function low(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

@inline
function high(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3));
}

@inline
function narrowed(a: v128, b: v128, factor: v128): v128 {
  const first = f32x4.demote_f64x2_zero(f64x2.mul(a, factor)), second = f32x4.demote_f64x2_zero(f64x2.mul(b, factor));
  return v128.shuffle<f32>(first, second, 0, 1, 4, 5);
}

/** What is added up: x; (x - mean)^2; (x - mean) dy. */
const PLAIN: i32 = 0;
const SQUARE: i32 = 1;
const ALONG: i32 = 2;

@inline
function term(kind: i32, x: usize, mean: v128, dy: usize): v128 {
  if (kind == PLAIN) return v128.load(x);
  const d = f32x4.sub(v128.load(x), mean);
  return f32x4.mul(d, kind == SQUARE ? d : v128.load(dy));
}

@inline
function single(kind: i32, x: usize, mean: f32, dy: usize): f64 {
  if (kind == PLAIN) return <f64>load<f32>(x);
  const d = load<f32>(x) - mean;
  return <f64>(d * (kind == SQUARE ? d : load<f32>(dy)));
}

@inline
function sumColumns(kind: i32, x: usize, means: usize, dy: usize, sums: usize, rows: i32, columns: i32, factor: f64): void {
  const apart = <usize>columns << 2, factors = f64x2.splat(factor), zero = f64x2.splat(0);
  let c = 0;
  for (; c + STRIP <= columns; c += STRIP) {
    let a = zero, b = zero, d = zero, e = zero, f = zero, g = zero, h = zero, i = zero;
    let from = at(x, c), slope = at(dy, c);
    const mean = at(means, c);
    for (let r = 0; r < rows; r++, from += apart, slope += apart) {
      let v = term(kind, from, kind ? v128.load(mean) : zero, slope);
      a = f64x2.add(a, low(v)), b = f64x2.add(b, high(v));
      v = term(kind, from + 16, kind ? v128.load(mean, 16) : zero, slope + 16);
      d = f64x2.add(d, low(v)), e = f64x2.add(e, high(v));
      v = term(kind, from + 32, kind ? v128.load(mean, 32) : zero, slope + 32);
      f = f64x2.add(f, low(v)), g = f64x2.add(g, high(v));
      v = term(kind, from + 48, kind ? v128.load(mean, 48) : zero, slope + 48);
      h = f64x2.add(h, low(v)), i = f64x2.add(i, high(v));
    }
    const to = at(sums, c);
    v128.store(to, narrowed(a, b, factors)), v128.store(to, narrowed(d, e, factors), 16);
    v128.store(to, narrowed(f, g, factors), 32), v128.store(to, narrowed(h, i, factors), 48);
  }
  for (; c + 4 <= columns; c += 4) {
    let a = zero, b = zero;
    let from = at(x, c), slope = at(dy, c);
    for (let r = 0; r < rows; r++, from += apart, slope += apart) {
      const v = term(kind, from, kind ? v128.load(at(means, c)) : zero, slope);
      a = f64x2.add(a, low(v)), b = f64x2.add(b, high(v));
    }
    v128.store(at(sums, c), narrowed(a, b, factors));
  }
  for (; c < columns; c++) {
    let sum: f64 = 0;
    for (let r = 0; r < rows; r++)
      sum += single(kind, at(x, r * columns + c), kind ? load<f32>(at(means, c)) : 0, at(dy, r * columns + c));
    store<f32>(at(sums, c), <f32>(sum * factor));
  }
}

/** Sum over rows of x [rows, columns]. */
export function columnSums(x: usize, sums: usize, rows: i32, columns: i32): void {
  sumColumns(PLAIN, x, 0, 0, sums, rows, columns, 1);
}

/** Mean and biased variance of each column of x [rows, columns]. */
export function columnMoments(x: usize, means: usize, variances: usize, rows: i32, columns: i32): void {
  sumColumns(PLAIN, x, 0, 0, means, rows, columns, 1 / <f64>rows);
  sumColumns(SQUARE, x, means, 0, variances, rows, columns, 1 / <f64>rows);
}

/** Sum over rows of (x - mean) dy. */
export function columnProducts(x: usize, means: usize, dy: usize, sums: usize, rows: i32, columns: i32): void {
  sumColumns(ALONG, x, means, dy, sums, rows, columns, 1);
}
