import { columnProducts, columnSums } from './columns';
import { at } from './vectors';

/** y = (x - mean) scale + beta, cut at 0 where `relu` is not 0; scale is gamma / sqrt(variance + epsilon). */
export function normalise(
  x: usize, means: usize, scales: usize, beta: usize, y: usize, rows: i32, columns: i32, relu: i32,
): void {
  const whole = columns & ~3;
  const least = f32x4.splat(relu ? 0 : -f32.MAX_VALUE);
  for (let r = 0; r < rows; r++) {
    const from = at(x, r * columns);
    const to = at(y, r * columns);
    for (let c = 0; c < whole; c += 4) {
      const d = f32x4.sub(v128.load(at(from, c)), v128.load(at(means, c)));
      v128.store(at(to, c), f32x4.max(least, f32x4.add(f32x4.mul(d, v128.load(at(scales, c))), v128.load(at(beta, c)))));
    }
    for (let c = whole; c < columns; c++) {
      const v: f32 = (load<f32>(at(from, c)) - load<f32>(at(means, c))) * load<f32>(at(scales, c)) + load<f32>(at(beta, c));
      store<f32>(at(to, c), relu && v < 0 ? 0 : v);
    }
  }
}

/**
 * Gradient of batch norm. `factors`: 1 / sqrt(variance + epsilon); `frozen`: the statistics were constants.
 * dgamma = sum dy (x - mean) factor, dbeta = sum dy.
 */
export function normaliseGradient(
  dy: usize, x: usize, gamma: usize, means: usize, factors: usize, dx: usize, dgamma: usize, dbeta: usize,
  rows: i32, columns: i32, frozen: i32,
): void {
  columnSums(dy, dbeta, rows, columns);
  columnProducts(x, means, dy, dgamma, rows, columns);
  for (let c = 0; c < columns; c++) store<f32>(at(dgamma, c), load<f32>(at(dgamma, c)) * load<f32>(at(factors, c)));
  const share: f32 = frozen ? 0 : 1 / <f32>rows;
  const whole = columns & ~3;
  for (let r = 0; r < rows; r++) {
    const from = at(x, r * columns);
    const slope = at(dy, r * columns);
    const to = at(dx, r * columns);
    for (let c = 0; c < whole; c += 4) {
      const factor = v128.load(at(factors, c));
      const normal = f32x4.mul(f32x4.sub(v128.load(at(from, c)), v128.load(at(means, c))), factor);
      const along = f32x4.add(v128.load(at(dbeta, c)), f32x4.mul(normal, v128.load(at(dgamma, c))));
      const rest = f32x4.sub(v128.load(at(slope, c)), f32x4.mul(along, f32x4.splat(share)));
      v128.store(at(to, c), f32x4.mul(rest, f32x4.mul(v128.load(at(gamma, c)), factor)));
    }
    for (let c = whole; c < columns; c++) {
      const factor = load<f32>(at(factors, c));
      const normal = (load<f32>(at(from, c)) - load<f32>(at(means, c))) * factor;
      const along = (load<f32>(at(dbeta, c)) + normal * load<f32>(at(dgamma, c))) * share;
      store<f32>(at(to, c), (load<f32>(at(slope, c)) - along) * load<f32>(at(gamma, c)) * factor);
    }
  }
}
