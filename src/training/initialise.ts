import type { Init, ParameterSpec } from '../layers/layer.js';
import { createGenerator } from '../random/generator.js';

/**
 * A parameter's first values. Each has a stream of its own, by seed and name: adding a layer changes no other's numbers,
 * and two variants of a road start from the same numbers wherever they share a name and a shape.
 */
export function initialValues({ name, shape, init }: ParameterSpec, seed: number): Float32Array {
  const length = shape.reduce((product, side) => product * side, 1);
  const draw = drawer(init, seed, name);
  const values = new Float32Array(length);
  // A plain loop: Float32Array.from takes three times as long, and a run starts with millions of numbers.
  for (let at = 0; at < length; at++) values[at] = draw();
  return values;
}

function drawer(init: Init, seed: number, name: string): () => number {
  if (init.kind === 'constant') return () => init.value;
  const generator = createGenerator(seed, `initialisation/${name}`);
  if (init.kind === 'fan-in-uniform') {
    const bound = 1 / Math.sqrt(init.fanIn);
    return () => (2 * generator.uniform() - 1) * bound;
  }
  // timm cuts at +-2 in absolute terms; with standard deviations of 0.02 that is a hundred of them.
  return () => {
    for (;;) {
      const value = init.sd * generator.normal();
      if (Math.abs(value) <= 2) return value;
    }
  };
}
