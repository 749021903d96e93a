import { at, fma } from './vectors';

@inline
function lerp(a: v128, b: v128, weight: v128): v128 {
  return fma(f32x4.sub(b, a), weight, a);
}

/** Where a parameter lies and what is its own: `average` is 0 without averages. */
@unmanaged
class AdamWRow {
  p: usize;
  g: usize;
  m: usize;
  v: usize;
  average: usize;
  count: i32;
  kept: f32;
  step: f32;
}

/**
 * PyTorch's AdamW over `parameters` rows of a table, in place. toward1, toward2, towardParameter: 1 - beta1, 1 - beta2, 1 - the
 * averages' decay.
 */
export function adamW(
  rows: usize, parameters: i32, toward1: f32, beta2: f32, toward2: f32, correction2: f32, epsilon: f32, factor: f32,
  towardParameter: f32,
): void {
  for (let i = 0; i < parameters; i++)
    adamWOf(changetype<AdamWRow>(rows + <usize>i * offsetof<AdamWRow>()), toward1, beta2, toward2, correction2, epsilon, factor, towardParameter);
}

function adamWOf(
  row: AdamWRow, toward1: f32, beta2: f32, toward2: f32, correction2: f32, epsilon: f32, factor: f32, towardParameter: f32,
): void {
  const p = row.p, g = row.g, m = row.m, v = row.v, average = row.average, count = row.count, kept = row.kept, step = row.step;
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const gradient = f32x4.mul(v128.load(at(g, i)), f32x4.splat(factor));
    const first = lerp(v128.load(at(m, i)), gradient, f32x4.splat(toward1));
    const squared = f32x4.mul(f32x4.mul(gradient, f32x4.splat(toward2)), gradient);
    const second = fma(v128.load(at(v, i)), f32x4.splat(beta2), squared);
    const root = f32x4.add(f32x4.div(f32x4.sqrt(second), f32x4.splat(correction2)), f32x4.splat(epsilon));
    const moved = f32x4.mul(f32x4.splat(step), f32x4.div(first, root));
    const parameter = f32x4.sub(f32x4.mul(v128.load(at(p, i)), f32x4.splat(kept)), moved);
    v128.store(at(m, i), first);
    v128.store(at(v, i), second);
    v128.store(at(p, i), parameter);
    if (average) v128.store(at(average, i), lerp(v128.load(at(average, i)), parameter, f32x4.splat(towardParameter)));
  }
  for (; i < count; i++) {
    const gradient: f32 = load<f32>(at(g, i)) * factor;
    const oldFirst = load<f32>(at(m, i));
    const first: f32 = oldFirst + (gradient - oldFirst) * toward1;
    const second: f32 = gradient * toward2 * gradient + load<f32>(at(v, i)) * beta2;
    const parameter: f32 = load<f32>(at(p, i)) * kept - step * (first / (sqrt<f32>(second) / correction2 + epsilon));
    store<f32>(at(m, i), first);
    store<f32>(at(v, i), second);
    store<f32>(at(p, i), parameter);
    if (average) {
      const old = load<f32>(at(average, i));
      store<f32>(at(average, i), old + (parameter - old) * towardParameter);
    }
  }
}

@unmanaged
class SgdRow {
  p: usize;
  g: usize;
  buffer: usize;
  average: usize;
  count: i32;
  rate: f32;
  weightDecay: f32;
}

/** PyTorch's SGD, as `adamW`; slope of the step: Nesterov's where `nesterov` is not 0. */
export function sgd(
  rows: usize, parameters: i32, momentum: f32, factor: f32, nesterov: i32, towardParameter: f32,
): void {
  for (let i = 0; i < parameters; i++)
    sgdOf(changetype<SgdRow>(rows + <usize>i * offsetof<SgdRow>()), momentum, factor, nesterov, towardParameter);
}

function sgdOf(row: SgdRow, momentum: f32, factor: f32, nesterov: i32, towardParameter: f32): void {
  const p = row.p, g = row.g, buffer = row.buffer, average = row.average, count = row.count;
  const rate = row.rate, weightDecay = row.weightDecay;
  for (let i = 0; i < count; i++) {
    const old = load<f32>(at(p, i));
    const gradient: f32 = load<f32>(at(g, i)) * factor + weightDecay * old;
    const moved: f32 = load<f32>(at(buffer, i)) * momentum + gradient;
    const parameter: f32 = old - rate * (nesterov ? gradient + momentum * moved : moved);
    store<f32>(at(buffer, i), moved);
    store<f32>(at(p, i), parameter);
    if (average) {
      const before = load<f32>(at(average, i));
      store<f32>(at(average, i), before + (parameter - before) * towardParameter);
    }
  }
}

/** y = x. */
export function copy(x: usize, y: usize, count: i32): void {
  memory.copy(y, x, <usize>count << 2);
}
