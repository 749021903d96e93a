/** Addresses of float32 and what several kernels do with four of them at a time. */

@inline
export function at(base: usize, index: i32): usize {
  return base + (<usize>index << 2);
}

@inline
export function total(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/** a b + c, rounded once where the runtime has relaxed SIMD: src/engine/wasm/kernels.ts chooses between the two builds. */
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(c, f32x4.mul(a, b));
}

/** Whether `fma` does: relaxed SIMD leaves it to the CPU. */
export function roundsOnce(): bool {
  const a = f32x4.splat(1 + 1.0 / 4096);
  return f32x4.extract_lane(fma(a, a, f32x4.splat(-1 - 1.0 / 2048)), 0) != 0;
}

/** c - a b. */
@inline
export function negativeFma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  return f32x4.sub(c, f32x4.mul(a, b));
}

// e^x for x <= 0: 2^n times a polynomial of the rest. Adding 1.5 2^23 rounds n to a whole number, which then stands in the
// lowest bits of the sum.
@inline
export function exponential(x: v128): v128 {
  const bounded = f32x4.pmax(x, f32x4.splat(-87));
  const shifted = fma(bounded, f32x4.splat(1.44269504), f32x4.splat(12582912));
  const n = f32x4.sub(shifted, f32x4.splat(12582912));
  const r = negativeFma(n, f32x4.splat(-2.12194440e-4), negativeFma(n, f32x4.splat(0.693359375), bounded));
  let p = fma(r, f32x4.splat(1.9875691500e-4), f32x4.splat(1.3981999507e-3));
  p = fma(p, r, f32x4.splat(8.3334519073e-3));
  p = fma(p, r, f32x4.splat(4.1665795894e-2));
  p = fma(p, r, f32x4.splat(1.6666665459e-1));
  p = fma(p, r, f32x4.splat(5.0000001201e-1));
  p = f32x4.add(fma(p, f32x4.mul(r, r), r), f32x4.splat(1));
  return f32x4.mul(p, i32x4.add(i32x4.shl(shifted, 23), i32x4.splat(127 << 23)));
}
