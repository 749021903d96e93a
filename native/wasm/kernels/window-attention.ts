import { at, total, exponential } from './vectors';

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
