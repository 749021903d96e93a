import { at, exponential } from './vectors';

// 1 - Phi(|x|), from e^(-x^2 / 2): Abramowitz and Stegun 7.1.26, within 1e-7.
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

@inline
function gaussian(x: v128): v128 {
  return exponential(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5)));
}

@inline
function cumulative(x: v128, density: v128): v128 {
  const tail = upperTail(x, density);
  return v128.bitselect(tail, f32x4.sub(f32x4.splat(1), tail), f32x4.lt(x, f32x4.splat(0)));
}

@inline
function geluOf(x: v128): v128 {
  return f32x4.mul(x, cumulative(x, gaussian(x)));
}

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
