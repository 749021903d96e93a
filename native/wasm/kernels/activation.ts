import { at, exponential, fma } from './vectors';

/** What may follow a kernel's result, as it is named in calls. */
export const RELU: i32 = 1;
export const GELU: i32 = 2;

/** erf(x) to an absolute 1e-7: the rational minimax approximation that Eigen and XLA use. */
@inline
function erf(x: v128): v128 {
  const v = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-4)), f32x4.splat(4));
  const z = f32x4.mul(v, v);
  let a = fma(z, f32x4.splat(-2.72614225801306e-10), f32x4.splat(2.77068142495902e-8));
  a = fma(a, z, f32x4.splat(-2.10102402082508e-6));
  a = fma(a, z, f32x4.splat(-5.69250639462346e-5));
  a = fma(a, z, f32x4.splat(-7.34990630326855e-4));
  a = fma(a, z, f32x4.splat(-2.95459980854025e-3));
  a = fma(a, z, f32x4.splat(-1.60960333262415e-2));
  let b = fma(z, f32x4.splat(-1.45660718464996e-5), f32x4.splat(-2.13374055278905e-4));
  b = fma(b, z, f32x4.splat(-1.68282697438203e-3));
  b = fma(b, z, f32x4.splat(-7.37332916720468e-3));
  b = fma(b, z, f32x4.splat(-1.42647390514189e-2));
  return f32x4.div(f32x4.mul(a, v), b);
}

@inline
function geluOf(x: v128): v128 {
  const half = f32x4.mul(x, f32x4.splat(0.5));
  return fma(half, erf(f32x4.mul(x, f32x4.splat(0.70710678118654752))), half);
}

/** Phi(x) + x phi(x); the tail of the distribution by Abramowitz and Stegun 7.1.26, whose exponential is the density's too. */
@inline
function geluSlope(x: v128): v128 {
  const density = exponential(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5)));
  const t = f32x4.div(f32x4.splat(1), fma(f32x4.abs(x), f32x4.splat(0.23164189), f32x4.splat(1)));
  let p = fma(t, f32x4.splat(0.5307027145), f32x4.splat(-0.7265760135));
  p = fma(p, t, f32x4.splat(0.7107068705));
  p = fma(p, t, f32x4.splat(-0.142248368));
  p = fma(p, t, f32x4.splat(0.127414796));
  const inner = f32x4.sub(f32x4.splat(0.5), f32x4.mul(f32x4.mul(p, t), density));
  const sign = v128.and(x, i32x4.splat(0x80000000));
  const cumulative = f32x4.add(f32x4.splat(0.5), v128.xor(inner, sign));
  return fma(x, f32x4.mul(density, f32x4.splat(0.39894228)), cumulative);
}

/** A NaN stays one, for training to notice. */
@inline
export function activate(kind: i32, x: v128): v128 {
  if (kind == RELU) return f32x4.pmax(x, f32x4.splat(0));
  if (kind == GELU) return geluOf(x);
  return x;
}

/** dy times the activation's derivative at its input x; ReLU's may as well be given its output. */
@inline
export function deactivate(kind: i32, dy: v128, x: v128): v128 {
  if (kind == RELU) return v128.andnot(dy, f32x4.le(x, f32x4.splat(0)));
  if (kind == GELU) return f32x4.mul(dy, geluSlope(x));
  return dy;
}

@inline
export function activateOne(kind: i32, x: f32): f32 {
  return kind ? f32x4.extract_lane(activate(kind, f32x4.splat(x)), 0) : x;
}

@inline
export function deactivateOne(kind: i32, dy: f32, x: f32): f32 {
  return kind ? f32x4.extract_lane(deactivate(kind, f32x4.splat(dy), f32x4.splat(x)), 0) : dy;
}

/** y = x Phi(x). */
export function gelu(x: usize, y: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(at(y, i), geluOf(v128.load(at(x, i))));
  for (; i < count; i++) store<f32>(at(y, i), activateOne(GELU, load<f32>(at(x, i))));
}

export function geluGradient(x: usize, dy: usize, dx: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(at(dx, i), deactivate(GELU, v128.load(at(dy, i)), v128.load(at(x, i))));
  for (; i < count; i++) store<f32>(at(dx, i), deactivateOne(GELU, load<f32>(at(dy, i)), load<f32>(at(x, i))));
}

/** dx = dy where y > 0. */
export function reluGradient(y: usize, dy: usize, dx: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(at(dx, i), deactivate(RELU, v128.load(at(dy, i)), v128.load(at(y, i))));
  for (; i < count; i++) store<f32>(at(dx, i), deactivateOne(RELU, load<f32>(at(dy, i)), load<f32>(at(y, i))));
}
