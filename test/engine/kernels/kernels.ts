import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { createKernels, type Kernels } from '../../../src/engine/tensorflow/kernels.js';
import { loadKernelFile } from '../../../src/engine/tensorflow/kernels/library.js';
import { loadTensorflow } from '../../../src/engine/tensorflow/load.js';
import { ensureKernels, kernelLibrary } from '../../../src/engine/tensorflow/setup/kernels.js';
import { expectClose, normals, randomNumbers, relativeError } from './values.js';

export * from './values.js';

export const engine = loadTensorflow({ device: 'cpu' });
export const { tf } = engine;

/** The kernels of the present sources; ABLATE_TEST_KERNELS names another build of them, such as for an older CPU. */
export const kernels: Kernels = await load();

async function load(): Promise<Kernels> {
  const chosen = process.env['ABLATE_TEST_KERNELS'];
  // Test files run side by side; one of them compiles.
  if (!chosen) await ensureKernels(engine.flavour, () => {});
  const file = chosen ?? kernelLibrary(engine.flavour)?.file;
  if (!file) throw new Error('this CPU has none of the instruction sets that the kernels are compiled for');
  return createKernels(loadKernelFile(engine, file, 'test'));
}

export interface Argument {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export const argument = (name: string, seed: number, shape: readonly number[], scale = 1, offset = 0): Argument => ({
  name,
  shape,
  values: normals(seed, shape, scale, offset),
});

const MOST_DIFFERENCES = 120;

/**
 * Holds an op's value to a float64 loop, and the gradient of each argument to that loop's central differences.
 * @param reference the value from the arguments' values, all in float64.
 */
export function checkOp(
  what: string,
  args: readonly Argument[],
  op: (...tensors: never[]) => Tensor,
  reference: (...values: Float64Array[]) => Float64Array,
  { tolerance = 3e-6, gradientTolerance = 2e-5 } = {},
): void {
  tf.tidy(() => {
    const inputs = args.map(({ values }) => Float64Array.from(values));
    const expected = reference(...inputs);
    const tensors = args.map(({ values, shape }) => tf.tensor(values, [...shape]));
    const call = op as (...tensors: Tensor[]) => Tensor;
    const value = call(...tensors);
    expectClose(value, expected, `${what}: value`, tolerance);

    const weights = normals(99, value.shape);
    const dy = tf.tensor(weights, value.shape);
    const gradients = tf.grads(call)(tensors, dy);
    gradients.forEach((gradient, at) => {
      const input = inputs[at]!;
      const found = gradient.dataSync() as Float32Array;
      expect(found.length).toBe(input.length);
      const next = randomNumbers(7);
      const all = input.length <= MOST_DIFFERENCES;
      const positions = Array.from({ length: Math.min(input.length, MOST_DIFFERENCES) }, (_, i) =>
        all ? i : Math.min(input.length - 1, Math.floor(next() * input.length)),
      );
      const differences = positions.map((position) => {
        const old = input[position]!;
        const slope = (h: number) => {
          input[position] = old + h;
          const y = reference(...inputs);
          input[position] = old;
          return y.reduce((sum, element, i) => sum + element * weights[i]!, 0);
        };
        return (slope(1e-5) - slope(-1e-5)) / 2e-5;
      });
      const picked = positions.map((position) => found[position]!);
      expect(relativeError(picked, differences), `${what}: gradient of ${args[at]!.name}`).toBeLessThan(
        gradientTolerance,
      );
    });
  });
}

/** erf in float64: its series, and beyond 3 its continued fraction. */
export function erf(x: number): number {
  const a = Math.abs(x);
  let result: number;
  if (a < 3) {
    let term = a;
    let sum = a;
    for (let n = 1; n < 100; n++) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
    }
    result = (2 / Math.sqrt(Math.PI)) * sum;
  } else {
    let fraction = 0;
    for (let k = 60; k > 0; k--) fraction = k / 2 / (a + fraction);
    result = 1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction);
  }
  return x < 0 ? -result : result;
}

export const gelu = (x: number): number => 0.5 * x * (1 + erf(x / Math.SQRT2));
export const relu = (x: number): number => Math.max(0, x);
export const activate = (kind: 'relu' | 'gelu' | null, x: number): number =>
  kind === 'relu' ? relu(x) : kind === 'gelu' ? gelu(x) : x;
