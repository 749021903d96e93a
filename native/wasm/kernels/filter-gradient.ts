import { at } from './vectors';

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

@inline
function firstInside(tap: i32, stride: i32, padding: i32): i32 {
  return tap >= padding ? 0 : (padding - tap + stride - 1) / stride;
}

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
