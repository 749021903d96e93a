import type { Tensor2D, Variable } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { compileStep } from '../../../src/engine/tensorflow/compile/compile.js';
import { argument, checkOp, engine, expectClose, kernels, normals, sizeOf, tf } from './kernels.js';

describe('softmax cross-entropy', () => {
  test.each([
    [5, 10],
    [3, 1000],
    [1, 1],
    [4, 16],
  ])('%i examples, %i classes, soft targets', (N, K) => {
    const targets = normals(3, [N, K]).map((at) => at * at);
    checkOp(
      'cross-entropy',
      [argument('logits', 1, [N, K], 5)],
      (logits: Tensor2D) => kernels.softmaxCrossEntropy(logits, tf.tensor2d(targets, [N, K])),
      (logits) => {
        let loss = 0;
        for (let n = 0; n < N; n++) {
          const row = logits.subarray(n * K, (n + 1) * K);
          const greatest = Math.max(...row);
          const logSum = greatest + Math.log(row.reduce((sum, at) => sum + Math.exp(at - greatest), 0));
          row.forEach((at, k) => {
            loss += (targets[n * K + k]! * (logSum - at)) / N;
          });
        }
        return Float64Array.of(loss);
      },
      { gradientTolerance: 2e-4 },
    );
  });
});

const SHAPES = [[1000], [33, 7], [3], [16, 16, 8], [40000]];
const DECAY = [0.05, 0, 0, 0.05, 0.1];
const SCALE = [1, 0.5, 1, 2, 1];
const RATE = 1e-2;
const EMA = 0.99;

interface State {
  p: Float64Array[];
  first: Float64Array[];
  second: Float64Array[];
  average: Float64Array[];
}

const make = (seed: number, scale = 1) => SHAPES.map((shape, i) => normals(seed + i, shape, scale));
const doubles = (lists: readonly Float32Array[]) => lists.map((list) => Float64Array.from(list));
const variables = (lists: readonly Float32Array[]) =>
  lists.map((list, i) => tf.variable(tf.tensor(list.slice(), SHAPES[i]!)));
const zeros = () => SHAPES.map((shape) => new Float32Array(sizeOf(shape)));

/** PyTorch's AdamW in float64, EMA after it. */
function adamW(state: State, g: readonly Float64Array[], step: number): void {
  state.p.forEach((p, t) => {
    const [m, v, e] = [state.first[t]!, state.second[t]!, state.average[t]!];
    const rate = RATE * SCALE[t]!;
    for (let i = 0; i < p.length; i++) {
      const slope = g[t]![i]! * 0.5;
      m[i] = 0.9 * m[i]! + 0.1 * slope;
      v[i] = 0.999 * v[i]! + 0.001 * slope * slope;
      const change = m[i]! / (1 - 0.9 ** step) / (Math.sqrt(v[i]! / (1 - 0.999 ** step)) + 1e-8);
      p[i] = p[i]! * (1 - rate * DECAY[t]!) - rate * change;
      e[i] = EMA * e[i]! + (1 - EMA) * p[i]!;
    }
  });
}

function sgd(state: State, g: readonly Float64Array[], nesterov: boolean): void {
  state.p.forEach((p, t) => {
    const [buffer, e] = [state.first[t]!, state.average[t]!];
    for (let i = 0; i < p.length; i++) {
      const slope = g[t]![i]! * 0.5 + DECAY[t]! * p[i]!;
      buffer[i] = 0.9 * buffer[i]! + slope;
      p[i] = p[i]! - RATE * SCALE[t]! * (nesterov ? slope + 0.9 * buffer[i]! : buffer[i]!);
      e[i] = EMA * e[i]! + (1 - EMA) * p[i]!;
    }
  });
}

describe('optimizers', () => {
  const start = make(10);
  const slopes = make(20);
  const gradients = slopes.map((list, i) => tf.tensor(list, SHAPES[i]!));
  const hyperOf = (step: number) => tf.tensor1d([RATE, 0.9, 0.999, 1e-8, 1 - 0.9 ** step, 1 - 0.999 ** step, 0.5, EMA]);
  const fixed = { weightDecay: DECAY, learningRateScale: SCALE, gradients };

  function expectState(tensors: readonly Variable[], expected: readonly Float64Array[], what: string): void {
    tensors.forEach((tensor, t) => expectClose(tensor, expected[t]!, `${what} ${t}`, 1e-6));
  }

  test.each([true, false])("AdamW equals PyTorch's over three steps, averages %s", (averaged) => {
    const parameters = variables(start);
    const shared = parameters.map((parameter) => parameter.clone());
    const [firstMoments, secondMoments] = [variables(zeros()), variables(zeros())];
    const averages = averaged ? variables(start) : [];
    const state: State = {
      p: doubles(start),
      first: doubles(zeros()),
      second: doubles(zeros()),
      average: doubles(start),
    };
    for (let step = 1; step <= 3; step++) {
      kernels.applyAdamW({ ...fixed, parameters, averages, firstMoments, secondMoments, hyper: hyperOf(step) });
      adamW(state, doubles(slopes), step);
    }
    expectState(parameters, state.p, 'parameter');
    expectState(firstMoments, state.first, 'first moment');
    expectState(secondMoments, state.second, 'second moment');
    if (averaged) expectState(averages, state.average, 'average');
    // What shared a variable's buffer keeps its values.
    shared.forEach((tensor, t) => expect(tensor.dataSync()).toEqual(start[t]));
  });

  test.each([true, false])("SGD equals PyTorch's over three steps, nesterov %s", (nesterov) => {
    const parameters = variables(start);
    const momenta = variables(zeros());
    const averages = variables(start);
    const state: State = { p: doubles(start), first: doubles(zeros()), second: [], average: doubles(start) };
    for (let step = 1; step <= 3; step++) {
      kernels.applySgd({
        ...fixed,
        parameters,
        averages,
        momenta,
        hyper: tf.tensor1d([RATE, 0.9, 0.5, EMA]),
        nesterov,
      });
      sgd(state, doubles(slopes), nesterov);
    }
    expectState(parameters, state.p, 'parameter');
    expectState(momenta, state.first, 'momentum');
    expectState(averages, state.average, 'average');
  });

  test('a compiled step with AdamW equals the eager one bit for bit', async () => {
    const run = async (compiled: boolean) => {
      const parameters = variables(start);
      const [firstMoments, secondMoments] = [variables(zeros()), variables(zeros())];
      const step = ({ hyper, scale }: Record<string, import('@tensorflow/tfjs-core').Tensor>) => {
        const scaled = parameters.map((parameter) => tf.mul(parameter, scale!));
        kernels.applyAdamW({
          ...fixed,
          gradients: scaled,
          parameters,
          averages: [],
          firstMoments,
          secondMoments,
          hyper: hyper as never,
        });
        return { sum: tf.sum(parameters[0]!) };
      };
      const feeds = (at: number) => ({ hyper: hyperOf(at), scale: tf.scalar(at / 2) });
      const all = [...parameters, ...firstMoments, ...secondMoments];
      const runnable = compiled ? await compileStep(engine, step, all, [feeds(1), feeds(2)]) : null;
      for (let at = 1; at <= 3; at++) {
        if (runnable) await runnable.run(feeds(at));
        else tf.tidy(() => void step(feeds(at)));
      }
      return all.map((variable) => variable.dataSync());
    };
    expect(await run(true)).toEqual(await run(false));
  });

  test('leave no tensor behind, and say what does not fit', () => {
    const parameters = variables(start);
    const [firstMoments, secondMoments] = [variables(zeros()), variables(zeros())];
    const hyper = hyperOf(1);
    const update = { ...fixed, parameters, averages: [], firstMoments, secondMoments, hyper };
    kernels.applyAdamW(update);
    const before = tf.memory().numTensors;
    kernels.applyAdamW(update);
    expect(tf.memory().numTensors).toBe(before);
    expect(() => kernels.applyAdamW({ ...update, gradients: [...gradients].reverse() })).toThrow(
      /applyAdamW: expected gradients\[0\] in the shape of parameter .*, found float32 \[40000\], float32 \[1000\]/,
    );
  });
});
