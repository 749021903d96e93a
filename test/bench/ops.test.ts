import { describe, expect, it } from 'vitest';
import { argumentsOf, callText, describeCall, recordingOps } from '../../src/bench/op-calls.js';
import { median, opFindings, opRows, opTable } from '../../src/bench/op-rows.js';
import { createReferenceOps } from '../../src/engine/reference/ops.js';
import * as tf from '@tensorflow/tfjs';

describe('a call', () => {
  it('is made again from its description, to the same values', () => {
    const calls: { call: ReturnType<typeof describeCall>; tensors: tf.Tensor[] }[] = [];
    const reference = createReferenceOps(tf);
    const ops = recordingOps(reference, (op, args) => {
      const tensors: tf.Tensor[] = [];
      const gather = (value: unknown): void => {
        if (value instanceof tf.Tensor) tensors.push(value);
        else if (value && typeof value === 'object') for (const part of Object.values(value)) gather(part);
      };
      gather(args);
      calls.push({ call: describeCall(op, args, (tensor) => tensor === x), tensors });
    });
    const x: tf.Tensor = tf.randomNormal([2, 4, 4, 3], 0, 1, 'float32', 1);
    const kernel: tf.Tensor4D = tf.randomNormal([3, 3, 3, 5], 0, 1, 'float32', 2);
    const vector: tf.Tensor1D = tf.randomNormal([5], 0, 1, 'float32', 3);
    const y = ops.conv2d(x as tf.Tensor4D, kernel, { stride: 1, padding: 1, groups: 1, activation: 'relu' });
    const updated: tf.Tensor[] = [];
    const norm = ops.batchNorm(y, {
      ...{ gamma: vector, beta: vector, runningMean: vector, runningVariance: vector },
      ...{ epsilon: 1e-5, momentum: 0.1, training: true, update: (...values) => updated.push(...values) },
    });

    const plain = JSON.parse(JSON.stringify(calls.map(({ call }) => call))) as typeof calls extends { call: infer C }[]
      ? C[]
      : never;
    const again: tf.Tensor[] = [];
    const results = plain.map((call, at) => {
      const args = argumentsOf(call, calls[at]?.tensors ?? [], (...values) => again.push(...values));
      return (reference[call.op] as (...args: unknown[]) => tf.Tensor)(...args);
    });
    expect(results.map((result) => [...result.dataSync()])).toEqual([y, norm].map((one) => [...one.dataSync()]));
    expect(again.map((value) => [...value.dataSync()])).toEqual(updated.map((value) => [...value.dataSync()]));
    expect(plain.map(({ constant, names }) => constant.map((place) => names[place]))).toEqual([
      ['conv2d 0'],
      ['runningMean', 'runningVariance'],
    ]);
    expect(plain.map(callText)).toEqual([
      'conv2d 2×4×4×3 3×3×3×5, stride 1, padding 1, groups 1, relu',
      'batchNorm 2×4×4×5',
    ]);
  });
});

describe('rows', () => {
  const call = (op: 'layerNorm' | 'conv2d', counts: Record<string, number>, groups = 1) => ({
    ...{ op, names: [], constant: [], counts },
    args: op === 'conv2d' ? [{ tensor: 0 }, { tensor: 1 }, { groups }] : [{ tensor: 0 }],
    shapes:
      op === 'conv2d'
        ? [
            [1, 8, 8, 4],
            [7, 7, 4 / groups, 4],
          ]
        : [[1, 8, 8, 4]],
  });
  const side = (both: number) => ({ forward: both / 2, both, spread: 0 });
  const rows = opRows([
    { call: call('layerNorm', { a: 1, b: 1 }), sides: { fused: side(1), plain: side(4), torch: side(2) } },
    { call: call('conv2d', { a: 6 }, 4), sides: { fused: side(1), plain: side(3), torch: side(0.5) } },
  ]);

  it('come by their share of all networks’ time', () => {
    expect(rows.map(({ text, count, share }) => [text.split(' ')[0], count, share])).toEqual([
      ['conv2d', 6, 0.75],
      ['layerNorm', 2, 0.25],
    ]);
    expect(opTable(rows, 1).rows).toHaveLength(1);
  });

  it('are summed up by kind', () => {
    expect(opFindings(rows)).toEqual([
      'depthwise convolution 7×7: 75.0 % of the time, TensorFlow / ours 3.00, PyTorch / ours 0.50',
      'layerNorm: 25.0 % of the time, TensorFlow / ours 4.00, PyTorch / ours 2.00',
    ]);
  });

  it('are medians of all turns', () => {
    const answers = [
      { forward: [1, 9], both: [2, 4] },
      { forward: [3], both: [3] },
    ];
    expect(median(answers)).toEqual({ forward: 3, both: 3, spread: 0.5 });
    expect(median([{ forward: [1, 3], both: null }])).toEqual({ forward: 2, both: null, spread: 0.5 });
  });
});
