/** The two passes of src/data/pictures/augment/resize.ts for WebAssembly's 128-bit vectors: the same sums, to the bit. */

const POINT: i32 = 22;

/** Across: `rows` lines of `stride` bytes from `source` become lines of `width` pixels; a pixel's channels at a time. */
export function resizeColumns(
  source: usize,
  stride: i32,
  rows: i32,
  into: usize,
  width: i32,
  starts: usize,
  counts: usize,
  weights: usize,
  most: i32,
): void {
  const half = i32x4.splat(1 << (POINT - 1));
  for (let row = 0; row < rows; row++) {
    const line = source + <usize>(row * stride);
    for (let column = 0; column < width; column++) {
      let at = line + <usize>(load<i32>(starts + ((<usize>column) << 2)) * 3);
      let tap = weights + ((<usize>(column * most)) << 2);
      const end = tap + ((<usize>load<i32>(counts + ((<usize>column) << 2))) << 2);
      let sum = half;
      for (; tap < end; tap += 4, at += 3) {
        const pixel = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at)));
        sum = i32x4.add(sum, i32x4.mul(pixel, v128.load32_splat(tap)));
      }
      const shifted = i32x4.shr_s(sum, POINT);
      const bytes = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(shifted, shifted), shifted);
      // Four bytes for three channels: the next pixel writes over the fourth.
      v128.store_lane<u32>(into, bytes, 0);
      into += 3;
    }
  }
}

/** Down: lines of `length` bytes become `height` lines; eight bytes at a time, what is left one by one. */
export function resizeRows(
  source: usize,
  length: i32,
  into: usize,
  height: i32,
  starts: usize,
  counts: usize,
  weights: usize,
  most: i32,
): void {
  const half = i32x4.splat(1 << (POINT - 1));
  const whole = length & ~7;
  for (let row = 0; row < height; row++) {
    const first = source + <usize>(load<i32>(starts + ((<usize>row) << 2)) * length);
    const taps = weights + ((<usize>(row * most)) << 2);
    const end = taps + ((<usize>load<i32>(counts + ((<usize>row) << 2))) << 2);
    let at = 0;
    for (; at < whole; at += 8) {
      let low = half;
      let high = half;
      let from = first + <usize>at;
      for (let tap = taps; tap < end; tap += 4, from += <usize>length) {
        const weight = v128.load32_splat(tap);
        const pixels = v128.load8x8_u(from);
        low = i32x4.add(low, i32x4.mul(i32x4.extend_low_i16x8_u(pixels), weight));
        high = i32x4.add(high, i32x4.mul(i32x4.extend_high_i16x8_u(pixels), weight));
      }
      const shifted = i16x8.narrow_i32x4_s(i32x4.shr_s(low, POINT), i32x4.shr_s(high, POINT));
      v128.store_lane<u64>(into + <usize>at, i8x16.narrow_i16x8_u(shifted, shifted), 0);
    }
    for (; at < length; at++) {
      let sum = 1 << (POINT - 1);
      let from = first + <usize>at;
      for (let tap = taps; tap < end; tap += 4, from += <usize>length) sum += <i32>load<u8>(from) * load<i32>(tap);
      sum >>= POINT;
      store<u8>(into + <usize>at, <u8>(sum < 0 ? 0 : sum > 255 ? 255 : sum));
    }
    into += <usize>length;
  }
}
