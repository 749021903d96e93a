import { at, fma, negativeFma, total } from './vectors';

/** y [rows, columns]; statistics [rows, 2] get each row's mean and reciprocal standard deviation. */
export function layerNorm(
  x: usize, gamma: usize, beta: usize, y: usize, statistics: usize, rows: i32, columns: i32, epsilon: f32,
): void {
  const whole = columns & ~3;
  for (let r = 0; r < rows; r++) {
    const from = at(x, r * columns);
    const to = at(y, r * columns);
    let sums = f32x4.splat(0);
    for (let c = 0; c < whole; c += 4) sums = f32x4.add(sums, v128.load(at(from, c)));
    let sum = total(sums);
    for (let c = whole; c < columns; c++) sum += load<f32>(at(from, c));
    const mean = sum / <f32>columns;
    let squares = f32x4.splat(0);
    for (let c = 0; c < whole; c += 4) {
      const d = f32x4.sub(v128.load(at(from, c)), f32x4.splat(mean));
      squares = fma(d, d, squares);
    }
    let square = total(squares);
    for (let c = whole; c < columns; c++) {
      const d = load<f32>(at(from, c)) - mean;
      square += d * d;
    }
    const scale: f32 = 1 / sqrt<f32>(square / <f32>columns + epsilon);
    store<f32>(at(statistics, 2 * r), mean);
    store<f32>(at(statistics, 2 * r + 1), scale);
    for (let c = 0; c < whole; c += 4) {
      const normal = f32x4.mul(f32x4.sub(v128.load(at(from, c)), f32x4.splat(mean)), f32x4.splat(scale));
      v128.store(at(to, c), fma(normal, v128.load(at(gamma, c)), v128.load(at(beta, c))));
    }
    for (let c = whole; c < columns; c++)
      store<f32>(at(to, c), (load<f32>(at(from, c)) - mean) * scale * load<f32>(at(gamma, c)) + load<f32>(at(beta, c)));
  }
}

export function layerNormGradient(
  dy: usize, x: usize, gamma: usize, statistics: usize, dx: usize, dgamma: usize, dbeta: usize, rows: i32, columns: i32,
): void {
  const whole = columns & ~3;
  memory.fill(dgamma, 0, <usize>columns << 2);
  memory.fill(dbeta, 0, <usize>columns << 2);
  for (let r = 0; r < rows; r++) {
    const from = at(x, r * columns);
    const slope = at(dy, r * columns);
    const to = at(dx, r * columns);
    const mean = load<f32>(at(statistics, 2 * r));
    const scale = load<f32>(at(statistics, 2 * r + 1));
    let plain = f32x4.splat(0), along = f32x4.splat(0);
    for (let c = 0; c < whole; c += 4) {
      const normal = f32x4.mul(f32x4.sub(v128.load(at(from, c)), f32x4.splat(mean)), f32x4.splat(scale));
      const d = v128.load(at(slope, c));
      const product = f32x4.mul(d, normal);
      const weight = v128.load(at(gamma, c));
      v128.store(at(dgamma, c), f32x4.add(v128.load(at(dgamma, c)), product));
      v128.store(at(dbeta, c), f32x4.add(v128.load(at(dbeta, c)), d));
      plain = fma(d, weight, plain);
      along = fma(product, weight, along);
    }
    let plainSum = total(plain), alongSum = total(along);
    for (let c = whole; c < columns; c++) {
      const normal = (load<f32>(at(from, c)) - mean) * scale;
      const d = load<f32>(at(slope, c));
      const weight = load<f32>(at(gamma, c));
      store<f32>(at(dgamma, c), load<f32>(at(dgamma, c)) + d * normal);
      store<f32>(at(dbeta, c), load<f32>(at(dbeta, c)) + d);
      plainSum += d * weight;
      alongSum += d * normal * weight;
    }
    plainSum /= <f32>columns;
    alongSum /= <f32>columns;
    for (let c = 0; c < whole; c += 4) {
      const normal = f32x4.mul(f32x4.sub(v128.load(at(from, c)), f32x4.splat(mean)), f32x4.splat(scale));
      const weighted = f32x4.mul(v128.load(at(slope, c)), v128.load(at(gamma, c)));
      const rest = negativeFma(normal, f32x4.splat(alongSum), f32x4.sub(weighted, f32x4.splat(plainSum)));
      v128.store(at(to, c), f32x4.mul(rest, f32x4.splat(scale)));
    }
    for (let c = whole; c < columns; c++) {
      const normal = (load<f32>(at(from, c)) - mean) * scale;
      const weighted = load<f32>(at(slope, c)) * load<f32>(at(gamma, c));
      store<f32>(at(to, c), (weighted - plainSum - normal * alongSum) * scale);
    }
  }
}
