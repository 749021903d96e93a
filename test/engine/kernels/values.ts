import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

export type Values = readonly number[] | Float32Array | Float64Array;

/** A small generator of its own, so that failures repeat. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

export function normals(seed: number, shape: readonly number[], scale = 1, offset = 0): Float32Array {
  const next = randomNumbers(seed);
  return Float32Array.from({ length: sizeOf(shape) }, () => {
    const radius = Math.sqrt(-2 * Math.log(next() + 1e-12));
    return offset + scale * radius * Math.cos(2 * Math.PI * next());
  });
}

/** To the nearest bfloat16, ties to even. */
export function rounded(values: Float32Array): Float32Array {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  return new Float32Array(bits.map((word) => (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000).buffer);
}

/** The greatest difference, relative to the greatest expected value. */
export function relativeError(actual: Values, expected: Values): number {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  let greatest = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (!(difference <= worst)) worst = difference;
    greatest = Math.max(greatest, Math.abs(expected[i]!));
  }
  return greatest > 0 ? worst / greatest : worst;
}

export function expectClose(actual: Tensor, expected: Values, what: string, tolerance = 3e-6): void {
  expect(relativeError(actual.dataSync() as Float32Array, expected), what).toBeLessThan(tolerance);
}
