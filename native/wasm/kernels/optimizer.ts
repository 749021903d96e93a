import { at, fma } from './vectors';

@inline
function lerp(a: v128, b: v128, weight: v128): v128 {
  return fma(f32x4.sub(b, a), weight, a);
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
    const second = fma(v128.load(at(v, i)), f32x4.splat(beta2), squared);
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
