import { at } from './vectors';

/** Sum over rows of x [rows, columns]. */
export function columnSums(x: usize, sums: usize, rows: i32, columns: i32): void {
  const whole = columns & ~3;
  for (let c = 0; c < whole; c += 4) {
    let low = f64x2.splat(0), high = f64x2.splat(0);
    let from = at(x, c);
    for (let r = 0; r < rows; r++) {
      const v = v128.load(from);
      low = f64x2.add(low, f64x2.promote_low_f32x4(v));
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3)));
      from = at(from, columns);
    }
    v128.store(at(sums, c), v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5));
  }
  for (let c = whole; c < columns; c++) {
    let sum: f64 = 0;
    for (let r = 0; r < rows; r++) sum += <f64>load<f32>(at(x, r * columns + c));
    store<f32>(at(sums, c), <f32>sum);
  }
}

/** Mean and biased variance of each column of x [rows, columns]. */
export function columnMoments(x: usize, means: usize, variances: usize, rows: i32, columns: i32): void {
  columnSums(x, means, rows, columns);
  for (let c = 0; c < columns; c++) store<f32>(at(means, c), load<f32>(at(means, c)) / <f32>rows);
  const whole = columns & ~3;
  for (let c = 0; c < whole; c += 4) {
    const mean = v128.load(at(means, c));
    let low = f64x2.splat(0), high = f64x2.splat(0);
    let from = at(x, c);
    for (let r = 0; r < rows; r++) {
      const d = f32x4.sub(v128.load(from), mean);
      const square = f32x4.mul(d, d);
      low = f64x2.add(low, f64x2.promote_low_f32x4(square));
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(square, square, 2, 3, 2, 3)));
      from = at(from, columns);
    }
    const count = f64x2.splat(<f64>rows);
    const a = f32x4.demote_f64x2_zero(f64x2.div(low, count)), b = f32x4.demote_f64x2_zero(f64x2.div(high, count));
    v128.store(at(variances, c), v128.shuffle<f32>(a, b, 0, 1, 4, 5));
  }
  for (let c = whole; c < columns; c++) {
    let sum: f64 = 0;
    for (let r = 0; r < rows; r++) {
      const d = load<f32>(at(x, r * columns + c)) - load<f32>(at(means, c));
      sum += <f64>(d * d);
    }
    store<f32>(at(variances, c), <f32>(sum / <f64>rows));
  }
}
