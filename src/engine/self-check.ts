/**
 * Every operation of an engine against the wasm engine's values, in one process: what someone with a new device runs first.
 * Random inputs from a fixed seed; values and all gradients.
 */
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { createGenerator } from '../random/generator.js';
import type { Engine } from './engine.js';
import type { Ops } from './ops.js';

/** How far an operation's value and gradients are, relative to the largest value of each. */
export interface OpDistance {
  readonly op: string;
  readonly distance: number;
}

interface OpCase {
  readonly op: string;
  readonly shapes: readonly (readonly number[])[];
  run(ops: Ops, inputs: readonly Tensor[]): Tensor;
}

const map = [2, 8, 8, 12];
const channels = [12];

/** A convolution of `kernel` x `kernel` over a small map. */
function convolution(
  op: string,
  kernel: number,
  stride: number,
  groups: number,
  activation: 'relu' | 'gelu' | null = null,
): OpCase {
  return {
    op: `${op} ${kernel}x${kernel}/${stride}${activation ? ` ${activation}` : ''}`,
    shapes: [map, [kernel, kernel, 12 / groups, 12], channels],
    run: (ops, [x, weights, bias]) =>
      ops.conv2d(x as Tensor4D, weights as Tensor4D, {
        stride,
        padding: (kernel - 1) / 2,
        groups,
        bias: bias as Tensor1D,
        activation,
      }),
  };
}

const batchNorm = (training: boolean): OpCase => ({
  op: `batch norm, ${training ? 'training' : 'evaluation'}`,
  shapes: [map, channels, channels],
  run: (ops, [x, gamma, beta]) =>
    ops.batchNorm(x as Tensor, {
      gamma: gamma as Tensor1D,
      beta: beta as Tensor1D,
      runningMean: ops.tf.zeros(channels as [number]),
      runningVariance: ops.tf.ones(channels as [number]),
      epsilon: 1e-5,
      momentum: 0.1,
      training,
      activation: 'relu',
    }),
});

const cases: readonly OpCase[] = [
  convolution('convolution', 1, 1, 1),
  convolution('convolution', 1, 2, 1),
  convolution('convolution', 3, 1, 1, 'relu'),
  convolution('convolution', 3, 2, 1),
  convolution('convolution', 7, 2, 1),
  convolution('grouped convolution', 3, 1, 4),
  convolution('grouped convolution', 3, 2, 4),
  ...[3, 5, 7, 9, 11].map((kernel) => convolution('depthwise convolution', kernel, 1, 12)),
  convolution('depthwise convolution', 7, 2, 12),
  {
    op: 'linear, gelu',
    shapes: [[6, 12], [12, 5], [5]],
    run: (ops, [x, weight, bias]) => ops.linear(x as Tensor, weight as Tensor2D, bias as Tensor1D, 'gelu'),
  },
  batchNorm(true),
  batchNorm(false),
  {
    op: 'layer norm',
    shapes: [map, channels, channels],
    run: (ops, [x, gamma, beta]) => ops.layerNorm(x as Tensor, gamma as Tensor1D, beta as Tensor1D, 1e-6),
  },
  { op: 'relu', shapes: [map], run: (ops, [x]) => ops.activation(x as Tensor, 'relu') },
  { op: 'gelu', shapes: [map], run: (ops, [x]) => ops.activation(x as Tensor, 'gelu') },
  {
    op: 'max pool',
    shapes: [map],
    run: (ops, [x]) => ops.maxPool(x as Tensor4D, { kernel: 3, stride: 2, padding: 1 }),
  },
  { op: 'global average pool', shapes: [map], run: (ops, [x]) => ops.globalAveragePool(x as Tensor4D) },
  {
    op: 'residual with layer scale and relu',
    shapes: [map, map, channels],
    run: (ops, [x, branch, gamma]) =>
      ops.residual(x as Tensor, branch as Tensor, {
        gamma: gamma as Tensor1D,
        keep: ops.tf.tensor1d([0, 2]),
        activation: 'relu',
      }),
  },
  {
    op: 'window attention, shifted',
    shapes: [
      [2, 8, 8, 36],
      [3, 16, 16],
    ],
    run: (ops, [x, bias]) => ops.windowAttention(x as Tensor4D, bias as Tensor, { heads: 3, window: 4, shift: 2 }),
  },
  {
    op: 'softmax cross-entropy',
    shapes: [[6, 5]],
    run: (ops, [logits]) =>
      ops.softmaxCrossEntropy(
        logits as Tensor2D,
        // Each row has the same five shares, in another order.
        ops.tf.tensor2d(
          Array.from({ length: 30 }, (_, at) => ((at + Math.floor(at / 5)) % 5) / 10),
          [6, 5],
        ),
      ),
  },
];

/** Runs every case on both engines; the backends take turns. `names` are those that tfjs knows the engines by. */
export async function checkOps(
  candidate: Engine,
  reference: Engine,
  names: { candidate: string; reference: string },
): Promise<OpDistance[]> {
  const { tf } = candidate.ops;
  const found: OpDistance[] = [];
  for (const one of cases) {
    await tf.setBackend(names.reference);
    const expected = await evaluate(one, reference.ops);
    await tf.setBackend(names.candidate);
    const measured = await evaluate(one, candidate.ops);
    found.push({
      op: one.op,
      distance: Math.max(...measured.map((values, at) => far(values, expected[at] as Float32Array))),
    });
  }
  return found;
}

/** The value, then the gradient of each input for a random output gradient. */
async function evaluate({ op, shapes, run }: OpCase, ops: Ops): Promise<Float32Array[]> {
  const { tf } = ops;
  const generator = createGenerator(0, op);
  const random = (shape: readonly number[]): Tensor => {
    const length = shape.reduce((product, side) => product * side, 1);
    return tf.tensor(
      Float32Array.from({ length }, () => generator.normal()),
      [...shape],
    );
  };
  const computed = tf.tidy(() => {
    const inputs = shapes.map(random);
    const value = run(ops, inputs);
    const dy = random(value.shape);
    const gradients = tf.grads((...given: Tensor[]) => run(ops, given))(inputs, dy);
    return [value, ...gradients];
  });
  const values = await Promise.all(computed.map(async (tensor) => Float32Array.from(await tensor.data())));
  tf.dispose(computed);
  return values;
}

function far(found: Float32Array, expected: Float32Array): number {
  let largest = 1e-3;
  let worst = 0;
  for (const [at, value] of expected.entries()) {
    largest = Math.max(largest, Math.abs(value));
    // Written so that NaN counts as far.
    const distance = Math.abs((found[at] as number) - value);
    if (!(distance <= worst)) worst = distance;
  }
  return worst / largest;
}
