/**
 * Kernels for the wasm engine, in AssemblyScript: what tfjs's backend lacks or does slowly. They work in that backend's
 * own memory, on addresses of float32 tensors; maps are [N, H, W, C]. Compiled by `node scripts/build-wasm-kernels.mjs`.
 *
 * Sums run in a fixed order; long ones in float64.
 */

// @ts-expect-error: decorator
@inline
function at(base: usize, index: i32): usize {
  return base + (<usize>index << 2);
}

/** [rows, columns] -> [columns, rows], in bands of rows that stay in the first cache. */
export function transpose(x: usize, y: usize, rows: i32, columns: i32): void {
  const whole = columns & ~3;
  for (let band = 0; band < rows; band += 32) {
    const end = min(rows, band + 32);
    for (let c = 0; c < whole; c += 4) {
      let r = band;
      for (; r + 4 <= end; r += 4) {
        const a0 = v128.load(at(x, r * columns + c));
        const a1 = v128.load(at(x, (r + 1) * columns + c));
        const a2 = v128.load(at(x, (r + 2) * columns + c));
        const a3 = v128.load(at(x, (r + 3) * columns + c));
        const low01 = v128.shuffle<f32>(a0, a1, 0, 4, 1, 5);
        const low23 = v128.shuffle<f32>(a2, a3, 0, 4, 1, 5);
        const high01 = v128.shuffle<f32>(a0, a1, 2, 6, 3, 7);
        const high23 = v128.shuffle<f32>(a2, a3, 2, 6, 3, 7);
        v128.store(at(y, c * rows + r), v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
        v128.store(at(y, (c + 1) * rows + r), v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
        v128.store(at(y, (c + 2) * rows + r), v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
        v128.store(at(y, (c + 3) * rows + r), v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
      }
      for (; r < end; r++)
        for (let k = 0; k < 4; k++) store<f32>(at(y, (c + k) * rows + r), load<f32>(at(x, r * columns + c + k)));
    }
    for (let c = whole; c < columns; c++)
      for (let r = band; r < end; r++) store<f32>(at(y, c * rows + r), load<f32>(at(x, r * columns + c)));
  }
}

/** One output row's part of a filter gradient: dk[c, o] += sum over positions of x[c] dy[o]. */
function accumulate(
  x: usize, dy: usize, dk: usize, positions: i32, xStep: i32, dyStep: i32, inputs: i32, outputs: i32, dkStep: i32,
): void {
  const wholeInputs = inputs & ~3;
  const wholeOutputs = outputs & ~7;
  for (let c = 0; c < wholeInputs; c += 4) {
    for (let o = 0; o < wholeOutputs; o += 8) {
      const out = at(dk, c * dkStep + o);
      const row = <usize>dkStep << 2;
      let a0 = v128.load(out), a1 = v128.load(out, 16);
      let b0 = v128.load(out + row), b1 = v128.load(out + row, 16);
      let c0 = v128.load(out + 2 * row), c1 = v128.load(out + 2 * row, 16);
      let d0 = v128.load(out + 3 * row), d1 = v128.load(out + 3 * row, 16);
      let from = at(x, c);
      let slope = at(dy, o);
      for (let m = 0; m < positions; m++) {
        const s0 = v128.load(slope), s1 = v128.load(slope, 16);
        let v = v128.load_splat<f32>(from);
        a0 = f32x4.add(a0, f32x4.mul(v, s0));
        a1 = f32x4.add(a1, f32x4.mul(v, s1));
        v = v128.load_splat<f32>(from, 4);
        b0 = f32x4.add(b0, f32x4.mul(v, s0));
        b1 = f32x4.add(b1, f32x4.mul(v, s1));
        v = v128.load_splat<f32>(from, 8);
        c0 = f32x4.add(c0, f32x4.mul(v, s0));
        c1 = f32x4.add(c1, f32x4.mul(v, s1));
        v = v128.load_splat<f32>(from, 12);
        d0 = f32x4.add(d0, f32x4.mul(v, s0));
        d1 = f32x4.add(d1, f32x4.mul(v, s1));
        from = at(from, xStep);
        slope = at(slope, dyStep);
      }
      v128.store(out, a0), v128.store(out, a1, 16);
      v128.store(out + row, b0), v128.store(out + row, b1, 16);
      v128.store(out + 2 * row, c0), v128.store(out + 2 * row, c1, 16);
      v128.store(out + 3 * row, d0), v128.store(out + 3 * row, d1, 16);
    }
  }
  for (let c = 0; c < inputs; c++) {
    for (let o = c < wholeInputs ? wholeOutputs : 0; o < outputs; o++) {
      let sum = load<f32>(at(dk, c * dkStep + o));
      for (let m = 0; m < positions; m++)
        sum += load<f32>(at(x, m * xStep + c)) * load<f32>(at(dy, m * dyStep + o));
      store<f32>(at(dk, c * dkStep + o), sum);
    }
  }
}

/** dk [rows of x^T dy] for a matrix product: x [rows, inputs], dy [rows, outputs] -> dk [inputs, outputs]. */
export function productGradient(x: usize, dy: usize, dk: usize, rows: i32, inputs: i32, outputs: i32): void {
  memory.fill(dk, 0, <usize>(inputs * outputs) << 2);
  for (let m = 0; m < rows; m += 64)
    accumulate(at(x, m * inputs), at(dy, m * outputs), dk, min(64, rows - m), inputs, outputs, inputs, outputs, outputs);
}

// @ts-expect-error: decorator
@inline
function firstInside(tap: i32, stride: i32, padding: i32): i32 {
  return tap >= padding ? 0 : (padding - tap + stride - 1) / stride;
}

// @ts-expect-error: decorator
@inline
function endInside(tap: i32, stride: i32, padding: i32, side: i32, outputs: i32): i32 {
  const last = side - 1 + padding - tap;
  return last < 0 ? 0 : min(outputs, last / stride + 1);
}

/** Filter gradient of a convolution in groups: dk [size, size, C / groups, O]. */
export function filterGradient(
  x: usize, dy: usize, dk: usize, N: i32, H: i32, W: i32, C: i32, OH: i32, OW: i32, O: i32,
  rows: i32, columns: i32, stride: i32, padding: i32, groups: i32,
): void {
  const inputs = C / groups;
  const outputs = O / groups;
  memory.fill(dk, 0, <usize>(rows * columns * inputs * O) << 2);
  for (let n = 0; n < N; n++) {
    for (let oh = 0; oh < OH; oh++) {
      for (let i = 0; i < rows; i++) {
        const h = oh * stride + i - padding;
        if (h < 0 || h >= H) continue;
        for (let j = 0; j < columns; j++) {
          const first = firstInside(j, stride, padding);
          const positions = endInside(j, stride, padding, W, OW) - first;
          if (positions <= 0) continue;
          const from = at(x, ((n * H + h) * W + first * stride + j - padding) * C);
          const slope = at(dy, ((n * OH + oh) * OW + first) * O);
          const tap = at(dk, (i * columns + j) * inputs * O);
          for (let g = 0; g < groups; g++)
            accumulate(at(from, g * inputs), at(slope, g * outputs), at(tap, g * outputs), positions, stride * C, O, inputs, outputs, O);
        }
      }
    }
  }
}

/** Filter gradient of a depthwise convolution: dk [rows, columns, C]. */
export function depthwiseFilterGradient(
  x: usize, dy: usize, dk: usize, N: i32, H: i32, W: i32, C: i32, OH: i32, OW: i32,
  rows: i32, columns: i32, stride: i32, padding: i32,
): void {
  const whole = C & ~3;
  const xStep = stride * C;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const first = firstInside(j, stride, padding);
      const positions = endInside(j, stride, padding, W, OW) - first;
      const tap = at(dk, (i * columns + j) * C);
      memory.fill(tap, 0, <usize>C << 2);
      if (positions <= 0) continue;
      for (let n = 0; n < N; n++) {
        for (let oh = 0; oh < OH; oh++) {
          const h = oh * stride + i - padding;
          if (h < 0 || h >= H) continue;
          const from = at(x, ((n * H + h) * W + first * stride + j - padding) * C);
          const slope = at(dy, ((n * OH + oh) * OW + first) * C);
          let c = 0;
          for (; c + 16 <= C; c += 16) {
            let a = v128.load(at(tap, c)), b = v128.load(at(tap, c), 16), d = v128.load(at(tap, c), 32), e = v128.load(at(tap, c), 48);
            let p = at(from, c), q = at(slope, c);
            for (let m = 0; m < positions; m++) {
              a = f32x4.add(a, f32x4.mul(v128.load(p), v128.load(q)));
              b = f32x4.add(b, f32x4.mul(v128.load(p, 16), v128.load(q, 16)));
              d = f32x4.add(d, f32x4.mul(v128.load(p, 32), v128.load(q, 32)));
              e = f32x4.add(e, f32x4.mul(v128.load(p, 48), v128.load(q, 48)));
              p = at(p, xStep);
              q = at(q, C);
            }
            v128.store(at(tap, c), a), v128.store(at(tap, c), b, 16), v128.store(at(tap, c), d, 32), v128.store(at(tap, c), e, 48);
          }
          for (; c < whole; c += 4) {
            let a = v128.load(at(tap, c));
            let p = at(from, c), q = at(slope, c);
            for (let m = 0; m < positions; m++) {
              a = f32x4.add(a, f32x4.mul(v128.load(p), v128.load(q)));
              p = at(p, xStep);
              q = at(q, C);
            }
            v128.store(at(tap, c), a);
          }
          for (; c < C; c++) {
            let sum = load<f32>(at(tap, c));
            for (let m = 0; m < positions; m++) sum += load<f32>(at(from, m * xStep + c)) * load<f32>(at(slope, m * C + c));
            store<f32>(at(tap, c), sum);
          }
        }
      }
    }
  }
}

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

// e^x for x <= 0: 2^n times a polynomial of the rest.
// @ts-expect-error: decorator
@inline
function exponential(x: v128): v128 {
  const bounded = f32x4.max(x, f32x4.splat(-87));
  const n = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(1.44269504)));
  const r = f32x4.sub(f32x4.sub(bounded, f32x4.mul(n, f32x4.splat(0.693359375))), f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let p = f32x4.splat(1.9875691500e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  p = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(p, power);
}

// 1 - Phi(|x|), from e^(-x^2 / 2): Abramowitz and Stegun 7.1.26, within 1e-7.
// @ts-expect-error: decorator
@inline
function upperTail(x: v128, density: v128): v128 {
  const t = f32x4.div(f32x4.splat(1), f32x4.add(f32x4.mul(f32x4.abs(x), f32x4.splat(0.23164189)), f32x4.splat(1)));
  let p = f32x4.splat(0.5307027145);
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(-0.7265760135));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(0.7107068705));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(-0.142248368));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(0.127414796));
  return f32x4.mul(f32x4.mul(p, t), density);
}

// @ts-expect-error: decorator
@inline
function gaussian(x: v128): v128 {
  return exponential(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5)));
}

// @ts-expect-error: decorator
@inline
function cumulative(x: v128, density: v128): v128 {
  const tail = upperTail(x, density);
  return v128.bitselect(tail, f32x4.sub(f32x4.splat(1), tail), f32x4.lt(x, f32x4.splat(0)));
}

// @ts-expect-error: decorator
@inline
function geluOf(x: v128): v128 {
  return f32x4.mul(x, cumulative(x, gaussian(x)));
}

// @ts-expect-error: decorator
@inline
function geluSlope(x: v128): v128 {
  const density = gaussian(x);
  return f32x4.add(cumulative(x, density), f32x4.mul(x, f32x4.mul(density, f32x4.splat(0.39894228))));
}

/** y = x Phi(x). */
export function gelu(x: usize, y: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(at(y, i), geluOf(v128.load(at(x, i))));
  for (; i < count; i++) store<f32>(at(y, i), f32x4.extract_lane(geluOf(f32x4.splat(load<f32>(at(x, i)))), 0));
}

export function geluGradient(x: usize, dy: usize, dx: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4)
    v128.store(at(dx, i), f32x4.mul(v128.load(at(dy, i)), geluSlope(v128.load(at(x, i)))));
  for (; i < count; i++)
    store<f32>(at(dx, i), load<f32>(at(dy, i)) * f32x4.extract_lane(geluSlope(f32x4.splat(load<f32>(at(x, i)))), 0));
}

/** dx = dy where y > 0. */
export function reluGradient(y: usize, dy: usize, dx: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4)
    v128.store(at(dx, i), v128.and(v128.load(at(dy, i)), f32x4.gt(v128.load(at(y, i)), f32x4.splat(0))));
  for (; i < count; i++) store<f32>(at(dx, i), load<f32>(at(y, i)) > 0 ? load<f32>(at(dy, i)) : 0);
}

// @ts-expect-error: decorator
@inline
function total(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

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
      squares = f32x4.add(squares, f32x4.mul(d, d));
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
      v128.store(at(to, c), f32x4.add(f32x4.mul(normal, v128.load(at(gamma, c))), v128.load(at(beta, c))));
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
      plain = f32x4.add(plain, f32x4.mul(d, weight));
      along = f32x4.add(along, f32x4.mul(product, weight));
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
      const rest = f32x4.sub(f32x4.sub(weighted, f32x4.splat(plainSum)), f32x4.mul(normal, f32x4.splat(alongSum)));
      v128.store(at(to, c), f32x4.mul(rest, f32x4.splat(scale)));
    }
    for (let c = whole; c < columns; c++) {
      const normal = (load<f32>(at(from, c)) - mean) * scale;
      const weighted = load<f32>(at(slope, c)) * load<f32>(at(gamma, c));
      store<f32>(at(to, c), (weighted - plainSum - normal * alongSum) * scale);
    }
  }
}

// @ts-expect-error: decorator
@inline
function lerp(a: v128, b: v128, weight: v128): v128 {
  return f32x4.add(a, f32x4.mul(f32x4.sub(b, a), weight));
}

/**
 * PyTorch's AdamW over one parameter, written into new buffers. `average` and `newAverage` are 0 without averages.
 * toward1, toward2, towardParameter: 1 - beta1, 1 - beta2, 1 - the averages' decay.
 */
export function adamW(
  p: usize, g: usize, m: usize, v: usize, average: usize, newP: usize, newM: usize, newV: usize, newAverage: usize, count: i32,
  kept: f32, step: f32, toward1: f32, beta2: f32, toward2: f32, correction2: f32, epsilon: f32, factor: f32, towardParameter: f32,
): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const gradient = f32x4.mul(v128.load(at(g, i)), f32x4.splat(factor));
    const first = lerp(v128.load(at(m, i)), gradient, f32x4.splat(toward1));
    const squared = f32x4.mul(f32x4.mul(gradient, f32x4.splat(toward2)), gradient);
    const second = f32x4.add(squared, f32x4.mul(v128.load(at(v, i)), f32x4.splat(beta2)));
    const root = f32x4.add(f32x4.div(f32x4.sqrt(second), f32x4.splat(correction2)), f32x4.splat(epsilon));
    const moved = f32x4.mul(f32x4.splat(step), f32x4.div(first, root));
    const parameter = f32x4.sub(f32x4.mul(v128.load(at(p, i)), f32x4.splat(kept)), moved);
    v128.store(at(newM, i), first);
    v128.store(at(newV, i), second);
    v128.store(at(newP, i), parameter);
    if (average) v128.store(at(newAverage, i), lerp(v128.load(at(average, i)), parameter, f32x4.splat(towardParameter)));
  }
  for (; i < count; i++) {
    const gradient: f32 = load<f32>(at(g, i)) * factor;
    const oldFirst = load<f32>(at(m, i));
    const first: f32 = oldFirst + (gradient - oldFirst) * toward1;
    const second: f32 = gradient * toward2 * gradient + load<f32>(at(v, i)) * beta2;
    const parameter: f32 = load<f32>(at(p, i)) * kept - step * (first / (sqrt<f32>(second) / correction2 + epsilon));
    store<f32>(at(newM, i), first);
    store<f32>(at(newV, i), second);
    store<f32>(at(newP, i), parameter);
    if (average) {
      const old = load<f32>(at(average, i));
      store<f32>(at(newAverage, i), old + (parameter - old) * towardParameter);
    }
  }
}

/** PyTorch's SGD over one parameter, as `adamW`; slope of the step: Nesterov's where `nesterov` is not 0. */
export function sgd(
  p: usize, g: usize, buffer: usize, average: usize, newP: usize, newBuffer: usize, newAverage: usize, count: i32,
  rate: f32, weightDecay: f32, momentum: f32, factor: f32, nesterov: i32, towardParameter: f32,
): void {
  for (let i = 0; i < count; i++) {
    const old = load<f32>(at(p, i));
    const gradient: f32 = load<f32>(at(g, i)) * factor + weightDecay * old;
    const moved: f32 = load<f32>(at(buffer, i)) * momentum + gradient;
    const parameter: f32 = old - rate * (nesterov ? gradient + momentum * moved : moved);
    store<f32>(at(newBuffer, i), moved);
    store<f32>(at(newP, i), parameter);
    if (average) {
      const before = load<f32>(at(average, i));
      store<f32>(at(newAverage, i), before + (parameter - before) * towardParameter);
    }
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
  for (let c = 0; c < columns; c++) {
    const mean = load<f32>(at(means, c));
    let sum: f64 = 0;
    let from = at(x, c), slope = at(dy, c);
    for (let r = 0; r < rows; r++) {
      sum += <f64>((load<f32>(from) - mean) * load<f32>(slope));
      from = at(from, columns);
      slope = at(slope, columns);
    }
    store<f32>(at(dgamma, c), <f32>(sum * <f64>load<f32>(at(factors, c))));
  }
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

/** y = shortcut + keep gamma branch; gamma [columns] and keep [samples] are 0 where there is none. */
export function residual(
  shortcut: usize, branch: usize, gamma: usize, keep: usize, y: usize, samples: i32, rows: i32, columns: i32,
): void {
  const whole = columns & ~3;
  for (let n = 0; n < samples; n++) {
    const kept: f32 = keep ? load<f32>(at(keep, n)) : 1;
    for (let r = n * rows; r < (n + 1) * rows; r++) {
      const row = r * columns;
      for (let c = 0; c < whole; c += 4) {
        const scale = gamma ? f32x4.mul(f32x4.splat(kept), v128.load(at(gamma, c))) : f32x4.splat(kept);
        v128.store(at(y, row + c), f32x4.add(v128.load(at(shortcut, row + c)), f32x4.mul(scale, v128.load(at(branch, row + c)))));
      }
      for (let c = whole; c < columns; c++) {
        const scale: f32 = gamma ? kept * load<f32>(at(gamma, c)) : kept;
        store<f32>(at(y, row + c), load<f32>(at(shortcut, row + c)) + scale * load<f32>(at(branch, row + c)));
      }
    }
  }
}

/** Gradient of `residual` for branch and gamma; that for the shortcut is dy itself. */
export function residualGradient(
  dy: usize, branch: usize, gamma: usize, keep: usize, dbranch: usize, dgamma: usize, samples: i32, rows: i32, columns: i32,
): void {
  if (gamma) memory.fill(dgamma, 0, <usize>columns << 2);
  const whole = columns & ~3;
  for (let n = 0; n < samples; n++) {
    const kept: f32 = keep ? load<f32>(at(keep, n)) : 1;
    for (let r = n * rows; r < (n + 1) * rows; r++) {
      const row = r * columns;
      for (let c = 0; c < whole; c += 4) {
        const d = f32x4.mul(f32x4.splat(kept), v128.load(at(dy, row + c)));
        if (gamma) {
          const sum = f32x4.add(v128.load(at(dgamma, c)), f32x4.mul(d, v128.load(at(branch, row + c))));
          v128.store(at(dgamma, c), sum);
        }
        v128.store(at(dbranch, row + c), gamma ? f32x4.mul(d, v128.load(at(gamma, c))) : d);
      }
      for (let c = whole; c < columns; c++) {
        const d: f32 = kept * load<f32>(at(dy, row + c));
        if (gamma) store<f32>(at(dgamma, c), load<f32>(at(dgamma, c)) + d * load<f32>(at(branch, row + c)));
        store<f32>(at(dbranch, row + c), gamma ? d * load<f32>(at(gamma, c)) : d);
      }
    }
  }
}

/** Max pool, padded with -infinity. */
export function maxPool(
  x: usize, y: usize, N: i32, H: i32, W: i32, C: i32, OH: i32, OW: i32, size: i32, stride: i32, padding: i32,
): void {
  for (let n = 0; n < N; n++)
    for (let oh = 0; oh < OH; oh++)
      for (let ow = 0; ow < OW; ow++) {
        const top = oh * stride - padding, left = ow * stride - padding;
        const to = at(y, ((n * OH + oh) * OW + ow) * C);
        for (let c = 0; c < C; c++) store<f32>(at(to, c), -f32.MAX_VALUE);
        for (let h = max(0, top); h < min(H, top + size); h++)
          for (let w = max(0, left); w < min(W, left + size); w++) {
            const from = at(x, ((n * H + h) * W + w) * C);
            let c = 0;
            for (; c + 4 <= C; c += 4) v128.store(at(to, c), f32x4.max(v128.load(at(to, c)), v128.load(at(from, c))));
            for (; c < C; c++) store<f32>(at(to, c), max(load<f32>(at(to, c)), load<f32>(at(from, c))));
          }
      }
}

/** Its gradient goes to the first of equal maxima in a window, as PyTorch's does. */
export function maxPoolGradient(
  dy: usize, x: usize, y: usize, dx: usize, N: i32, H: i32, W: i32, C: i32, OH: i32, OW: i32, size: i32, stride: i32, padding: i32,
): void {
  memory.fill(dx, 0, <usize>(N * H * W * C) << 2);
  for (let n = 0; n < N; n++)
    for (let oh = 0; oh < OH; oh++)
      for (let ow = 0; ow < OW; ow++) {
        const top = oh * stride - padding, left = ow * stride - padding;
        const out = ((n * OH + oh) * OW + ow) * C;
        for (let c = 0; c < C; c++) {
          const greatest = load<f32>(at(y, out + c));
          let place: i32 = -1;
          for (let h = max(0, top); h < min(H, top + size) && place < 0; h++)
            for (let w = max(0, left); w < min(W, left + size); w++) {
              const from = ((n * H + h) * W + w) * C + c;
              if (load<f32>(at(x, from)) == greatest) {
                place = from;
                break;
              }
            }
          if (place >= 0) store<f32>(at(dx, place), load<f32>(at(dx, place)) + load<f32>(at(dy, out + c)));
        }
      }
}

// Where position `t` of a window lies in the map: the shift and the cut into windows are index arithmetic only.
@inline
function place(n: i32, H: i32, W: i32, window: i32, shift: i32, windowAt: i32, t: i32): i32 {
  const across = W / window;
  const row = ((windowAt / across) * window + t / window + shift) % H;
  const column = ((windowAt % across) * window + (t % window) + shift) % W;
  return (n * H + row) * W + column;
}

// The region of the unshifted map that position `t` of a window comes from: only positions of one region attend to each other.
@inline
function region(H: i32, W: i32, window: i32, shift: i32, windowAt: i32, t: i32): i32 {
  const across = W / window;
  const row = (windowAt / across) * window + t / window;
  const column = (windowAt % across) * window + (t % window);
  const of_row = row < H - window ? 0 : row < H - shift ? 1 : 2;
  const of_column = column < W - window ? 0 : column < W - shift ? 1 : 2;
  return 3 * of_row + of_column;
}

@inline
function dot(a: usize, b: usize, count: i32): f32 {
  let sums = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) sums = f32x4.add(sums, f32x4.mul(v128.load(at(a, i)), v128.load(at(b, i))));
  let sum = total(sums);
  for (; i < count; i++) sum += load<f32>(at(a, i)) * load<f32>(at(b, i));
  return sum;
}

// to += scale * from
@inline
function addScaled(to: usize, from: usize, scale: f32, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4)
    v128.store(at(to, i), f32x4.add(v128.load(at(to, i)), f32x4.mul(f32x4.splat(scale), v128.load(at(from, i)))));
  for (; i < count; i++) store<f32>(at(to, i), load<f32>(at(to, i)) + scale * load<f32>(at(from, i)));
}

/** A row of scores becomes probabilities. */
function softmax(row: usize, count: i32): void {
  let greatest: f32 = -f32.MAX_VALUE;
  for (let i = 0; i < count; i++) greatest = max(greatest, load<f32>(at(row, i)));
  let sum: f32 = 0;
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const e = exponential(f32x4.sub(v128.load(at(row, i)), f32x4.splat(greatest)));
    v128.store(at(row, i), e);
    sum += total(e);
  }
  for (; i < count; i++) {
    const e = f32x4.extract_lane(exponential(f32x4.splat(load<f32>(at(row, i)) - greatest)), 0);
    store<f32>(at(row, i), e);
    sum += e;
  }
  for (i = 0; i < count; i++) store<f32>(at(row, i), load<f32>(at(row, i)) / sum);
}

/**
 * Swin's attention in (shifted) windows: qkv [N, H, W, 3 C], bias [heads, p, p] with p = window^2 -> y [N, H, W, C] and
 * the probabilities [N, windows, heads, p, p]. Pairs that the shift made neighbours get -100.
 */
export function windowAttention(
  qkv: usize, bias: usize, y: usize, probabilities: usize, N: i32, H: i32, W: i32, C: i32, heads: i32, window: i32, shift: i32,
): void {
  const p = window * window;
  const size = C / heads;
  const windows = (H / window) * (W / window);
  const scale: f32 = 1 / sqrt<f32>(<f32>size);
  memory.fill(y, 0, <usize>(N * H * W * C) << 2);
  let row = probabilities;
  for (let n = 0; n < N; n++)
    for (let windowAt = 0; windowAt < windows; windowAt++)
      for (let head = 0; head < heads; head++)
        for (let t = 0; t < p; t++) {
          const here = place(n, H, W, window, shift, windowAt, t);
          const from = region(H, W, window, shift, windowAt, t);
          const query = at(qkv, here * 3 * C + head * size);
          for (let u = 0; u < p; u++) {
            const there = place(n, H, W, window, shift, windowAt, u);
            let score = dot(query, at(qkv, there * 3 * C + C + head * size), size) * scale + load<f32>(at(bias, (head * p + t) * p + u));
            if (shift > 0 && region(H, W, window, shift, windowAt, u) != from) score -= 100;
            store<f32>(at(row, u), score);
          }
          softmax(row, p);
          const out = at(y, here * C + head * size);
          for (let u = 0; u < p; u++) {
            const there = place(n, H, W, window, shift, windowAt, u);
            addScaled(out, at(qkv, there * 3 * C + 2 * C + head * size), load<f32>(at(row, u)), size);
          }
          row = at(row, p);
        }
}

/** `scratch` holds p floats. */
export function windowAttentionGradient(
  dy: usize, qkv: usize, probabilities: usize, dqkv: usize, dbias: usize, scratch: usize,
  N: i32, H: i32, W: i32, C: i32, heads: i32, window: i32, shift: i32,
): void {
  const p = window * window;
  const size = C / heads;
  const windows = (H / window) * (W / window);
  const scale: f32 = 1 / sqrt<f32>(<f32>size);
  memory.fill(dqkv, 0, <usize>(N * H * W * 3 * C) << 2);
  memory.fill(dbias, 0, <usize>(heads * p * p) << 2);
  let row = probabilities;
  for (let n = 0; n < N; n++)
    for (let windowAt = 0; windowAt < windows; windowAt++)
      for (let head = 0; head < heads; head++)
        for (let t = 0; t < p; t++) {
          const here = place(n, H, W, window, shift, windowAt, t);
          const query = here * 3 * C + head * size;
          const slope = at(dy, here * C + head * size);
          let along: f32 = 0;
          for (let u = 0; u < p; u++) {
            const value = place(n, H, W, window, shift, windowAt, u) * 3 * C + 2 * C + head * size;
            const probability = load<f32>(at(row, u));
            const d = dot(slope, at(qkv, value), size);
            store<f32>(at(scratch, u), d);
            along += probability * d;
            addScaled(at(dqkv, value), slope, probability, size);
          }
          const offsets = at(dbias, (head * p + t) * p);
          for (let u = 0; u < p; u++) {
            const key = place(n, H, W, window, shift, windowAt, u) * 3 * C + C + head * size;
            const d: f32 = load<f32>(at(row, u)) * (load<f32>(at(scratch, u)) - along);
            store<f32>(at(offsets, u), load<f32>(at(offsets, u)) + d);
            addScaled(at(dqkv, query), at(qkv, key), d * scale, size);
            addScaled(at(dqkv, key), at(qkv, query), d * scale, size);
          }
          row = at(row, p);
        }
}
