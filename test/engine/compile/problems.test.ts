import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import type { Step } from '../../../src/engine/engine.js';
import { compileStep } from '../../../src/engine/tensorflow/compile/compile.js';
import { engine } from './network.js';

const { tf, backend } = engine;
const weights = tf.variable(tf.ones([4, 3]));
const feeds = (i: number) => ({ x: tf.fill([2, 4], i + 1) });

const descend = (loss: () => Tensor, rate: Tensor | number): ReturnType<Step> => {
  const { value, grads } = tf.variableGrads(() => loss() as Scalar, [weights]);
  weights.assign(tf.sub(weights, tf.mul(grads[weights.name]!, rate)));
  return { loss: value };
};
const product = (x: Tensor): Tensor => tf.matMul(x as never, weights as never);
const squared = (x: Tensor): Tensor => tf.mean(tf.square(product(x)));
const compile = (step: Step) => compileStep(engine, step, [weights], [feeds(0), feeds(1)]);

describe('what changes from call to call and is not declared is an error with its line', () => {
  let calls = 0;
  const outside: Tensor[] = [];
  const cases: [string, Step, RegExp][] = [
    [
      'a number that JavaScript computes anew',
      ({ x }) => descend(() => squared(x!), 0.1 / (1 - 0.9 ** ++calls)),
      /a value from JavaScript changes between calls: \[[\d., ]+\], then \[[\d., ]+\], shape \[\], made at .*problems\.test\.ts:\d+:\d+: make it a feed/,
    ],
    [
      'a random mask',
      ({ x }) =>
        descend(
          () =>
            squared(
              tf.mul(
                x!,
                Array.from({ length: 4 }, () => Math.random()),
              ),
            ),
          0.1,
        ),
      /a value from JavaScript changes .*shape \[4\].*problems\.test\.ts/,
    ],
    [
      'dropout of tfjs',
      ({ x }) => descend(() => squared(tf.dropout(x!, 0.5)), 0.1),
      /changes between calls.*problems\.test\.ts/,
    ],
    [
      'a branch on state',
      ({ x }) => descend(() => (++calls % 2 ? squared(x!) : tf.mean(tf.abs(product(x!)))), 0.1),
      /the step takes another way the second time: (Square|Abs) at .*problems\.test\.ts:\d+:\d+, then (Abs|Square)/,
    ],
    [
      'an attribute',
      ({ x }) => descend(() => tf.mean(tf.leakyRelu(product(x!), ++calls / 100)), 0.1),
      /attribute alpha of LeakyRelu changes between calls|value from JavaScript changes/,
    ],
    [
      'a tensor made outside',
      ({ x }) => descend(() => squared(tf.mul(x!, outside[0]!)), 0.1),
      /a tensor \[2,4\] made outside of the step is used at .*problems\.test\.ts:\d+:\d+: make it a feed, list it among the variables/,
    ],
    [
      'a tensor made outside that tfjs has not handed over yet',
      ({ x }) => descend(() => squared(tf.add(x!, outside[1]!)), 0.1),
      /a tensor \[4\] made outside of the step is used at .*problems\.test\.ts/,
    ],
    [
      'a value that is read',
      ({ x }) => {
        const result = descend(() => squared(x!), 0.1);
        if (result['loss']!.dataSync()[0]! > 1e9) throw new Error('diverged');
        return result;
      },
      /a tensor's value is read at .*problems\.test\.ts:\d+:\d+: a compiled step has none while it is recorded/,
    ],
    [
      'a tensor that is kept',
      ({ x }) => {
        outside.push(tf.keep(tf.square(x!)));
        return descend(() => squared(x!), 0.1);
      },
      /a tensor made at .*problems\.test\.ts:\d+:\d+ is kept after the step/,
    ],
    [
      'a shape that depends on values',
      ({ x }) => ({
        y: backend.executeSingleOutput('Where', [{ name: 'T', type: backend.binding.TF_ATTR_TYPE, value: 1 }], [x!]),
      }),
      /Where at .*problems\.test\.ts.*shape of its result depends on values/,
    ],
    ['shapes that do not fit', ({ x }) => ({ y: tf.matMul(x as never, x as never) }), /matMul|MatMul/],
  ];

  test.each(cases)('%s', (_, step, message) => {
    outside.splice(0, outside.length, tf.fill([2, 4], 3), tf.tensor1d([1, 2, 3, 4]));
    const before = Array.from(weights.dataSync());
    expect(() => compile(step)).toThrow(message);
    expect(Array.from(weights.dataSync())).toEqual(before);
    expect(Array.from(outside[1]!.dataSync())).toEqual([1, 2, 3, 4]);
    expect(Array.from(tf.add(outside[1]!, 1).dataSync())).toEqual([2, 3, 4, 5]);
  });

  test('two variables that are one tensor', () => {
    const initial = tf.ones([2]);
    const [a, b] = [tf.variable(initial, true, 'left'), tf.variable(initial, true, 'right')];
    expect(() => compileStep(engine, ({ x }) => ({ y: tf.add(x!, 1) }), [a, b], [feeds(0), feeds(1)])).toThrow(
      'variable right is the same tensor as variable left',
    );
  });

  test('all at once, the first ten of them', () => {
    const many = Array.from({ length: 12 }, () => tf.fill([2, 4], 1));
    const step: Step = ({ x }) => ({ y: tf.addN([x!, ...many]) });
    expect(() => compile(step)).toThrow(/made outside/);
  });
});

test('the same step with the rate as a feed compiles', async () => {
  const rated = (i: number) => ({ ...feeds(i), rate: tf.scalar(0.1 * (i + 1)) });
  const step = compileStep(engine, ({ x, rate }) => descend(() => squared(x!), rate!), [weights], [rated(0), rated(1)]);
  expect((await step.run(rated(0)))['loss']!.dataSync()[0]).toBeCloseTo(16, 5);
});
