import { at, fma } from './vectors';

/**
 * Depthwise convolutions. Wide rows go by tiles of four neighbouring outputs of four channels, from a copy of the map whose
 * rows have their zeros; narrow ones by one output of many channels and just the taps inside.
 */
const WIDE: i32 = 4;

/** Where one output finds its taps: from tap `first` on every `step`-th, in map rows that begin with `row` and go by `by`. */
@unmanaged
class Taps {
  first: i32;
  end: i32;
  step: i32;
  row: i32;
  by: i32;
}

/** The taps of output `o`: of a convolution, or of its input gradient (`back`). */
function tapsOf(t: Taps, o: i32, kernel: i32, side: i32, stride: i32, padding: i32, back: bool): void {
  t.step = back ? stride : 1;
  t.by = back ? -1 : 1;
  t.first = back ? (o + padding) % stride : max(0, padding - o * stride);
  t.row = back ? (o + padding - t.first) / stride : o * stride - padding + t.first;
  if (back && t.row >= side) {
    const beyond = t.row - side + 1;
    t.first += beyond * stride;
    t.row -= beyond;
  }
  const inside = back ? t.row + 1 : side - t.row;  // rows of the map from there on
  t.end = min(kernel, t.first + inside * t.step);
}

/** One output of C channels. */
function output(
  map: usize, W: i32, C: i32, w: usize, columns: i32, down: Taps, across: Taps, bias: usize, y: usize,
): void {
  const tapStep = <usize>(across.step * C) << 2, pixelStep = <isize>(across.by * C) << 2;
  let c = 0;
  for (; c + 16 <= C; c += 16) {
    const zero = f32x4.splat(0), from = at(bias, c);
    let s0 = bias ? v128.load(from) : zero, s1 = bias ? v128.load(from, 16) : zero;
    let s2 = bias ? v128.load(from, 32) : zero, s3 = bias ? v128.load(from, 48) : zero;
    for (let i = down.first, row = down.row; i < down.end; i += down.step, row += down.by) {
      let p = at(map, (row * W + across.row) * C + c), q = at(w, (i * columns + across.first) * C + c);
      for (let j = across.first; j < across.end; j += across.step, p += pixelStep, q += tapStep) {
        s0 = fma(v128.load(p), v128.load(q), s0);
        s1 = fma(v128.load(p, 16), v128.load(q, 16), s1);
        s2 = fma(v128.load(p, 32), v128.load(q, 32), s2);
        s3 = fma(v128.load(p, 48), v128.load(q, 48), s3);
      }
    }
    const to = at(y, c);
    v128.store(to, s0), v128.store(to, s1, 16), v128.store(to, s2, 32), v128.store(to, s3, 48);
  }
  for (; c + 4 <= C; c += 4) {
    let sum = bias ? v128.load(at(bias, c)) : f32x4.splat(0);
    for (let i = down.first, row = down.row; i < down.end; i += down.step, row += down.by) {
      let p = at(map, (row * W + across.row) * C + c), q = at(w, (i * columns + across.first) * C + c);
      for (let j = across.first; j < across.end; j += across.step, p += pixelStep, q += tapStep)
        sum = fma(v128.load(p), v128.load(q), sum);
    }
    v128.store(at(y, c), sum);
  }
  for (; c < C; c++) {
    let sum: f32 = bias ? load<f32>(at(bias, c)) : 0;
    for (let i = down.first, row = down.row; i < down.end; i += down.step, row += down.by) {
      let p = at(map, (row * W + across.row) * C + c), q = at(w, (i * columns + across.first) * C + c);
      for (let j = across.first; j < across.end; j += across.step, p += pixelStep, q += tapStep)
        sum += load<f32>(p) * load<f32>(q);
    }
    store<f32>(at(y, c), sum);
  }
}

/** Four neighbouring outputs of four channels: rows of taps `first` to `end`, from `line` on, `apart` floats from row to row. */
@inline
function tile(
  line: usize, apart: i32, w: usize, first: i32, end: i32, by: i32, columns: i32, C: i32, step: usize, start: v128, y: usize,
): void {
  let s0 = start, s1 = start, s2 = start, s3 = start;
  const pixel = <usize>C << 2, tapStep = <isize>by * <isize>pixel;
  let q = at(w, first * columns * by * C);
  for (let i = first; i < end; i++, line = at(line, apart)) {
    for (let p = line, last = line + <usize>columns * pixel; p < last; p += pixel, q += tapStep) {
      const tap = v128.load(q);
      s0 = fma(tap, v128.load(p), s0);
      s1 = fma(tap, v128.load(p + step), s1);
      s2 = fma(tap, v128.load(p + 2 * step), s2);
      s3 = fma(tap, v128.load(p + 3 * step), s3);
    }
  }
  v128.store(y, s0), v128.store(y + pixel, s1), v128.store(y + 2 * pixel, s2), v128.store(y + 3 * pixel, s3);
}

/** A row of outputs from rows of a map that have their zeros; `by` is 1, or -1 for taps from the last to the first. */
function wideRow(
  line: usize, apart: i32, w: usize, first: i32, end: i32, by: i32, columns: i32, C: i32, stride: i32, bias: usize,
  y: usize, OW: i32,
): void {
  const step = <usize>(stride * C) << 2, whole = C & ~3;
  for (let at0 = 0; at0 < OW; at0 += WIDE) {
    const o = min(at0, OW - WIDE);  // the last tile begins so early that it is whole
    const from = at(line, o * stride * C), to = at(y, o * C);
    for (let c = 0; c < whole; c += 4) {
      const start = bias ? v128.load(at(bias, c)) : f32x4.splat(0);
      tile(at(from, c), apart, at(w, c), first, end, by, columns, C, step, start, at(to, c));
    }
    for (let c = whole; c < C; c++) {
      for (let k = 0; k < WIDE; k++) {
        let sum: f32 = bias ? load<f32>(at(bias, c)) : 0;
        for (let i = first; i < end; i++) {
          for (let j = 0; j < columns; j++)
            sum += load<f32>(at(from, (i - first) * apart + (k * stride + j) * C + c)) * load<f32>(at(w, (i * columns + j) * by * C + c));
        }
        store<f32>(at(to, k * C + c), sum);
      }
    }
  }
}

/** The rows of a sample with `left` zeros before and as many after that `width` pixels are there; negative: left out. */
function padRows(map: usize, H: i32, W: i32, C: i32, left: i32, width: i32, to: usize): void {
  const zeros = max(0, left), from = max(0, -left), count = min(W - from, width - zeros);
  for (let y = 0; y < H; y++, to = at(to, width * C)) {
    memory.fill(to, 0, <usize>(zeros * C) << 2);
    memory.copy(at(to, zeros * C), at(map, (y * W + from) * C), <usize>(count * C) << 2);
    memory.fill(at(to, (zeros + count) * C), 0, <usize>((width - zeros - count) * C) << 2);
  }
}

/** Floats of scratch memory for what is below, over a map [N, H, W, C] with outputs [N, OH, OW, C]. */
export function depthwiseScratch(H: i32, W: i32, C: i32, OH: i32, OW: i32, columns: i32, stride: i32): i32 {
  return 64 + C * max(H * ((OW - 1) * stride + columns + 2), OH * (W + columns));
}

/**
 * y [N, OH, OW, C] of x [N, H, W, C], w [rows, columns, C] and bias [C], which is 0 where there is none; or, `back`, the
 * gradient y of such a convolution's input [N, OH, OW, C] from that of its output x [N, H, W, C].
 */
export function depthwise(
  x: usize, w: usize, bias: usize, y: usize, scratch: usize, N: i32, H: i32, W: i32, C: i32, OH: i32, OW: i32,
  rows: i32, columns: i32, stride: i32, padding: i32, back: i32,
): void {
  const down = changetype<Taps>(scratch), across = changetype<Taps>(at(scratch, 32)), copy = at(scratch, 64);
  const wide = OW >= WIDE && (!back || stride == 1);
  const left = back ? columns - 1 - padding : padding, width = (OW - 1) * stride + columns;
  const taps = back ? at(w, (rows * columns - 1) * C) : w;
  for (let n = 0; n < N; n++) {
    const map = at(x, n * H * W * C);
    if (wide) padRows(map, H, W, C, left, width, copy);
    for (let oh = 0; oh < OH; oh++) {
      const to = at(y, (n * OH + oh) * OW * C);
      if (wide) {
        const top = oh * stride - (back ? rows - 1 - padding : padding);
        const first = max(0, -top), end = min(rows, H - top);
        wideRow(at(copy, (top + first) * width * C), width * C, taps, first, end, back ? -1 : 1, columns, C, stride, bias, to, OW);
        continue;
      }
      tapsOf(down, oh, rows, H, stride, padding, <bool>back);
      for (let ow = 0; ow < OW; ow++) {
        tapsOf(across, ow, columns, W, stride, padding, <bool>back);
        output(map, W, C, w, columns, down, across, bias, at(to, ow * C));
      }
    }
  }
}

/** Three neighbouring taps of eight channels, summed over the outputs of rows that have their zeros. */
@inline
function filterTile(
  line: usize, apart: usize, dy: usize, lines: i32, OW: i32, C: i32, step: usize, taps: usize, count: i32,
): void {
  const zero = f32x4.splat(0), pixel = <usize>C << 2;
  let a0 = zero, a1 = zero, a2 = zero, b0 = zero, b1 = zero, b2 = zero;
  for (let y = 0; y < lines; y++, line += apart) {
    for (let p = line, last = line + <usize>OW * step; p < last; p += step, dy += pixel) {
      const low = v128.load(dy), high = v128.load(dy, 16), next = p + pixel, third = next + pixel;
      a0 = fma(low, v128.load(p), a0), b0 = fma(high, v128.load(p, 16), b0);
      a1 = fma(low, v128.load(next), a1), b1 = fma(high, v128.load(next, 16), b1);
      a2 = fma(low, v128.load(third), a2), b2 = fma(high, v128.load(third, 16), b2);
    }
  }
  add(taps, a0, b0);
  if (count > 1) add(taps + pixel, a1, b1);
  if (count > 2) add(taps + 2 * pixel, a2, b2);
}

@inline
function add(sum: usize, low: v128, high: v128): void {
  v128.store(sum, f32x4.add(v128.load(sum), low)), v128.store(sum, f32x4.add(v128.load(sum, 16), high), 16);
}

/** dw [rows, columns, C] of `depthwise`. */
export function depthwiseFilterGradient(
  dy: usize, x: usize, dw: usize, scratch: usize, N: i32, H: i32, W: i32, C: i32, OH: i32, OW: i32,
  rows: i32, columns: i32, stride: i32, padding: i32,
): void {
  // Tiles of three taps read up to two pixels beyond the last.
  const width = (OW - 1) * stride + columns + 2, apart = <usize>(stride * width * C) << 2;
  const copy = at(scratch, 64), step = <usize>(stride * C) << 2, whole = C & ~7;
  memory.fill(dw, 0, <usize>(rows * columns * C) << 2);
  for (let n = 0; n < N; n++) {
    padRows(at(x, n * H * W * C), H, W, C, padding, width, copy);
    for (let c = 0; c < whole; c += 8) {
      for (let i = 0; i < rows; i++) {
        // Outputs whose tap of this row lies inside the map.
        const first = max(0, (padding - i + stride - 1) / stride), end = min(OH, (H - 1 + padding - i + stride) / stride);
        if (first >= end) continue;
        const line = at(copy, (first * stride + i - padding) * width * C + c), slopes = at(dy, (n * OH + first) * OW * C + c);
        for (let j = 0; j < columns; j += 3)
          filterTile(at(line, j * C), apart, slopes, end - first, OW, C, step, at(dw, (i * columns + j) * C + c), columns - j);
      }
    }
    for (let c = whole; c < C; c++) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          let sum: f32 = 0;
          for (let oh = 0; oh < OH; oh++) {
            const h = oh * stride + i - padding;
            if (h < 0 || h >= H) continue;
            for (let ow = 0; ow < OW; ow++)
              sum += load<f32>(at(copy, (h * width + ow * stride + j) * C + c)) * load<f32>(at(dy, ((n * OH + oh) * OW + ow) * C + c));
          }
          const to = at(dw, (i * columns + j) * C + c);
          store<f32>(to, load<f32>(to) + sum);
        }
      }
    }
  }
}
