import type { DrawSpec } from '../layers/layer.js';
import { createGenerator, type Generator } from '../random/generator.js';

/**
 * What a layer draws at one pass: `[samples, ...shape]`, or `[...shape]` for a whole batch. Each draw has a stream of its own
 * by seed, full name and pass, so that its numbers depend on nothing else.
 *
 * @param pass global number of the pass.
 */
export function drawValues(spec: DrawSpec, samples: number, seed: number, pass: number): Float32Array {
  const one = spec.shape.reduce((product, side) => product * side, 1);
  const values = new Float32Array(spec.per === 'batch' ? one : samples * one);
  const draw = drawer(spec, createGenerator(seed, `draws/${spec.name}/${pass}`));
  for (let at = 0; at < values.length; at++) values[at] = draw();
  return values;
}

function drawer(spec: DrawSpec, generator: Generator): () => number {
  // Rounded to float32, the last uniform numbers would be 1.
  if (spec.kind === 'uniform') return () => Math.floor(generator.uniform() * 2 ** 24) / 2 ** 24;
  if (spec.kind === 'normal') return () => generator.normal();
  const { rate } = spec;
  return () => (generator.uniform() < rate ? 0 : 1 / (1 - rate));
}
