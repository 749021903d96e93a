import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { withBfloat16Maps } from '../../../src/engine/tensorflow/bfloat16-maps.js';
import type { Outputs, Step } from '../../../src/engine/engine.js';
import { engine, kernels, normals, relativeError, rounded, tf } from './kernels.js';

interface Case {
  readonly name: string;
  /** Shapes of what is stored as bfloat16, and of what is not. */
  readonly maps: Readonly<Record<string, readonly number[]>>;
  readonly floats?: Readonly<Record<string, readonly number[]>>;
  op(given: Readonly<Record<string, Tensor>>): Tensor;
  /** Whether something between its two passes is a map, and so is rounded there too. */
  readonly between?: boolean;
}

const C = 37;
const MAP = [3, 6, 5, C];
const norm = { epsilon: 1e-5, momentum: 0.1, runningMean: tf.zeros([C]), runningVariance: tf.ones([C]) };
const perChannel = { gamma: [C], beta: [C] };

const batchNorm = (activation: 'relu' | 'gelu' | null, training: boolean): Case => ({
  name: `batch norm, ${activation}, ${training ? 'training' : 'with running statistics'}`,
  maps: { x: MAP },
  floats: perChannel,
  between: activation === 'gelu',
  op: ({ x, gamma, beta }) => kernels.batchNorm(x as Tensor, { ...norm, gamma, beta, training, activation } as never),
});

const residual = (activation: 'relu' | 'gelu' | null, scaled: boolean): Case => ({
  name: `residual, ${activation}${scaled ? ', scaled' : ''}`,
  maps: { shortcut: MAP, branch: MAP },
  floats: scaled ? { gamma: [C], bias: [C] } : {},
  op: ({ shortcut, branch, gamma, bias }) =>
    kernels.residual(shortcut as Tensor, branch as Tensor, {
      gamma: gamma as Tensor1D,
      bias: bias as Tensor1D,
      activation,
    }),
});

const dense = (
  activation: 'relu' | 'gelu' | null,
  [N, H, W, inputs]: readonly [number, number, number, number],
  [size, stride, padding, outputs]: readonly [number, number, number, number],
): Case => ({
  name: `dense, ${activation}, kernel ${size}, stride ${stride}, ${inputs} to ${outputs} channels of [${N}, ${H}, ${W}]`,
  maps: { x: [N, H, W, inputs] },
  floats: { kernel: [size, size, inputs, outputs], bias: [outputs] },
  between: activation === 'gelu',
  op: ({ x, kernel, bias }) =>
    kernels.dense(x as Tensor4D, kernel as Tensor4D, {
      ...{ stride, padding, activation, precision: 'bfloat16' },
      bias: bias as Tensor1D,
    }),
});

const depthwise = (size: number, stride: number, channels: number): Case => ({
  name: `depthwise, kernel ${size}, stride ${stride}, ${channels} channels`,
  maps: { x: [2, 13, 9, channels] },
  floats: { kernel: [size, size, 1, channels], bias: [channels] },
  op: ({ x, kernel, bias }) =>
    kernels.depthwise(x as Tensor4D, kernel as Tensor4D, bias as Tensor1D, { stride, padding: (size - 1) / 2 }),
});

const grouped = (size: number, stride: number, groups: number, channels: number): Case => ({
  name: `grouped, kernel ${size}, stride ${stride}, ${groups} groups of ${channels} channels`,
  maps: { x: [2, 9, 8, channels] },
  floats: { kernel: [size, size, channels / groups, channels], bias: [channels] },
  op: ({ x, kernel, bias }) =>
    kernels.groupedConv(x as Tensor4D, kernel as Tensor4D, bias as Tensor1D, {
      ...{ stride, padding: (size - 1) / 2, groups },
    }),
});

const attention = (window: number, shift: number, size: number): Case => ({
  name: `attention, window ${window}, shift ${shift}, ${size} channels a head`,
  maps: { qkv: [2, 2 * window, 2 * window, 3 * 2 * size] },
  floats: { bias: [2, window ** 2, window ** 2] },
  op: ({ qkv, bias }) =>
    kernels.windowAttention(qkv as Tensor4D, bias as Tensor3D, { heads: 2, window, shift } as never),
});

const CASES: readonly Case[] = [
  ...(['relu', 'gelu'] as const).map((kind) => ({
    name: kind,
    maps: { x: MAP },
    op: ({ x }: Readonly<Record<string, Tensor>>) => kernels.activation(x as Tensor, kind),
  })),
  ...([null, 'relu', 'gelu'] as const).flatMap((kind) => [
    {
      name: `bias, ${kind}`,
      maps: { x: MAP },
      floats: { bias: [C] },
      op: ({ x, bias }: Readonly<Record<string, Tensor>>) =>
        kernels.biasActivation(x as Tensor, bias as Tensor1D, kind),
    },
    batchNorm(kind, true),
    batchNorm(kind, false),
    residual(kind, true),
    residual(kind, false),
    dense(kind, [2, 6, 7, 24], [1, 1, 0, 40]),
  ]),
  ...[16, 37, 96].map((channels) => ({
    name: `layer norm, ${channels} channels`,
    maps: { x: [5, 3, channels] },
    floats: { gamma: [channels], beta: [channels] },
    op: ({ x, gamma, beta }: Readonly<Record<string, Tensor>>) =>
      kernels.layerNorm(x as Tensor, gamma as Tensor1D, beta as Tensor1D, 1e-6),
  })),
  {
    name: 'max pool',
    maps: { x: [2, 9, 7, C] },
    op: ({ x }) => kernels.maxPool(x as Tensor4D, { kernel: 3, stride: 2, padding: 1 }),
  },
  { name: 'average', maps: { x: MAP }, op: ({ x }) => kernels.globalAveragePool(x as Tensor4D) as Tensor2D },
  dense(null, [2, 9, 8, 3], [7, 2, 3, 16]), // pictures: an odd number of channels
  dense(null, [2, 9, 8, 20], [3, 1, 1, 33]),
  dense(null, [3, 7, 8, 28], [3, 1, 1, 70]),
  dense(null, [2, 5, 27, 26], [3, 1, 1, 9]), // half a pair at the end of a line
  dense(null, [2, 7, 6, 14], [5, 1, 2, 12]),
  dense(null, [2, 9, 7, 14], [4, 1, 0, 12]),
  dense('relu', [2, 9, 8, 34], [3, 2, 1, 17]),
  dense(null, [2, 8, 8, 10], [2, 2, 0, 12]),
  dense(null, [3, 1, 1, 1000], [1, 1, 0, 10]), // terms in several blocks
  dense(null, [70, 7, 7, 64], [1, 1, 0, 600]), // sums in several groups
  depthwise(3, 1, 24),
  depthwise(7, 1, 37),
  depthwise(5, 2, 96),
  depthwise(11, 1, 16),
  grouped(3, 1, 4, 32),
  grouped(3, 2, 2, 48),
  grouped(5, 1, 8, 24),
  attention(4, 0, 8),
  attention(3, 1, 5),
];

/** The value and the gradient of every input, from maps and a gradient that bfloat16 can hold. */
function evaluate({ maps, floats = {}, op }: Case, seen: (step: Step) => Step): Record<string, Float32Array> {
  const shapes = { ...maps, ...floats };
  const names = Object.keys(shapes);
  return tf.tidy(() => {
    const feeds = Object.fromEntries(
      names.map((name, at) => {
        const values = normals(at + 1, shapes[name]!, name === 'kernel' ? 0.2 : 1);
        return [name, tf.tensor(name in maps ? rounded(values) : values, [...shapes[name]!])];
      }),
    );
    const call = (...tensors: Tensor[]) => op(Object.fromEntries(tensors.map((tensor, at) => [names[at]!, tensor])));
    const like = call(...names.map((name) => feeds[name]!));
    const dy = tf.tensor(rounded(normals(99, like.shape)), like.shape);
    const step = seen((given) => {
      const inputs = names.map((name) => given[name]!);
      const gradients = tf.grads(call)(inputs, given['dy']);
      return { y: call(...inputs), ...Object.fromEntries(names.map((name, at) => [`d${name}`, gradients[at]!])) };
    });
    const results: Outputs = step({ ...feeds, dy });
    return Object.fromEntries(
      Object.entries(results).map(([name, result]) => [name, Float32Array.from(result.dataSync() as Float32Array)]),
    );
  });
}

describe('maps of bfloat16: what float32 gives of the same maps, rounded once', () => {
  test.each(CASES)('$name', (one) => {
    const expected = evaluate(one, (step) => step);
    const found = evaluate(one, (step) => withBfloat16Maps(engine.backend, step));
    for (const [name, values] of Object.entries(expected)) {
      const isMap = name === 'y' || name.slice(1) in one.maps;
      const got = found[name]!;
      const wanted = isMap ? rounded(values) : values;
      // A compiler may join a product and a sum in one of the two builds of a loop, and not in the other.
      const tolerance = one.between ? 2 ** -7 : isMap ? 2 ** -8 : 2e-6;
      expect(relativeError(got, wanted), name).toBeLessThanOrEqual(tolerance);
      if (!isMap) continue;
      expect(relativeError(got, rounded(got)), `${name} is stored as bfloat16`).toBe(0);
      const unequal = got.filter((value, at) => value !== wanted[at]).length;
      if (!one.between) expect(unequal / got.length, `${name}: parts that differ`).toBeLessThan(0.01);
    }
  });
});
