import type { Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { compileStep } from '../../../src/engine/tensorflow/compile/compile.js';
import { engine, imagesOf, tinyFeeds, tinyNetwork } from './network.js';

const { tf, backend } = engine;

const values = (tensors: readonly Tensor[]) => tensors.map((t) => Array.from(t.dataSync()));
const counts = () => [tf.memory().numTensors, backend.binding.getNumOfTensors()];
const compileTiny = (network = tinyNetwork()) =>
  compileStep(engine, network.train, network.variables, [tinyFeeds(0), tinyFeeds(1)]);

describe('a compiled training step', () => {
  test('gives the eager losses and variables, bit for bit, over 20 steps', async () => {
    const eager = tinyNetwork();
    const network = tinyNetwork();
    const step = compileTiny(network);
    for (let i = 0; i < 20; i++) {
      const feeds = tinyFeeds(i);
      const expected = tf.tidy(() => eager.train(feeds)['loss']!.dataSync()[0]);
      const { loss } = await step.run(feeds);
      expect(loss!.dataSync()[0]).toBe(expected);
    }
    expect(values(network.variables)).toEqual(values(eager.variables));
  });

  test('runs one after the other when calls overlap', async () => {
    const [a, b] = [tinyNetwork(), tinyNetwork()];
    const [stepA, stepB] = [compileTiny(a), compileTiny(b)];
    await Promise.all([0, 1, 2, 3].map((i) => stepA.run(tinyFeeds(i))));
    for (const i of [0, 1, 2, 3]) await stepB.run(tinyFeeds(i));
    expect(values(a.variables)).toEqual(values(b.variables));
  });

  test('leaves variables and memory as they were when it is compiled', () => {
    const network = tinyNetwork();
    const feeds = [tinyFeeds(0), tinyFeeds(1)] as const;
    // The first time hands over values that tfjs still holds in JavaScript.
    compileStep(engine, network.train, network.variables, feeds);
    const before = { values: values(network.variables), counts: counts() };
    compileStep(engine, network.train, network.variables, feeds);
    expect({ values: values(network.variables), counts: counts() }).toEqual(before);
  });

  test('holds no more tensors after 2000 steps than after one', async () => {
    const step = compileTiny();
    const feeds = tinyFeeds(3);
    tf.dispose(await step.run(feeds));
    const before = counts();
    for (let i = 0; i < 2000; i++) tf.dispose(await step.run(feeds));
    expect(counts()).toEqual(before);
  });

  test('reads variables as they are at the call, and leaves clones of them alone', async () => {
    const network = tinyNetwork();
    const step = compileTiny(network);
    const snapshot = network.parameters.map((parameter) => parameter.clone());
    const before = values(snapshot);
    const { loss } = await step.run(tinyFeeds(0));
    expect(values(snapshot)).toEqual(before);
    expect(values(network.parameters)).not.toEqual(before);
    const fresh = tinyNetwork();
    network.variables.forEach((variable, i) => variable.assign(fresh.variables[i]!));
    expect((await step.run(tinyFeeds(0)))['loss']!.dataSync()[0]).toBe(loss!.dataSync()[0]);
  });

  test('refuses to run once disposed of', async () => {
    const step = compileTiny();
    step.dispose();
    step.dispose();
    await expect(step.run(tinyFeeds(0))).rejects.toThrow('disposed');
  });
});

describe('a compiled evaluation step', () => {
  test('follows the variables that training changes', async () => {
    const network = tinyNetwork();
    const train = compileTiny(network);
    const evaluate = compileStep(engine, network.evaluate, network.variables, [
      imagesOf(tinyFeeds(0)),
      imagesOf(tinyFeeds(1)),
    ]);
    for (let i = 0; i < 3; i++) {
      const feeds = tinyFeeds(i);
      await train.run(feeds);
      const expected = tf.tidy(() => Array.from(network.evaluate(feeds)['logits']!.dataSync()));
      const { logits } = await evaluate.run(imagesOf(feeds));
      expect(Array.from(logits!.dataSync())).toEqual(expected);
    }
  });

  test('may give a variable or a feed as its output', async () => {
    const variable = tf.variable(tf.tensor1d([1, 2]));
    const step = compileStep(
      engine,
      ({ x }) => ({ variable, x: x! }),
      [variable],
      [{ x: tf.scalar(1) }, { x: tf.scalar(2) }],
    );
    const outputs = await step.run({ x: tf.scalar(5) });
    expect(values([outputs['variable']!, outputs['x']!])).toEqual([[1, 2], [5]]);
    tf.dispose(outputs);
    expect(variable.dataSync()[1]).toBe(2);
  });
});

describe('feeds', () => {
  const step = compileTiny();

  test('of another shape are refused, with both shapes', async () => {
    await expect(step.run({ ...tinyFeeds(0), images: tf.zeros([2, 16, 16, 3]) })).rejects.toThrow(
      'feed images has shape [2,16,16,3]; the step was recorded with [4,16,16,3]',
    );
  });
  test('of another type are refused', async () => {
    await expect(step.run({ ...tinyFeeds(0), learningRate: tf.scalar(1, 'int32') })).rejects.toThrow(
      'feed learningRate has type int32',
    );
  });
  test('that are missing or unknown are refused by name', async () => {
    const { targets, ...rest } = tinyFeeds(0);
    await expect(step.run(rest)).rejects.toThrow('feed targets is missing');
    await expect(step.run({ ...rest, targets: targets!, masks: tf.scalar(1) })).rejects.toThrow(
      'feed masks is not one that the step was recorded with; it has images, targets, learningRate',
    );
  });
});

test('a kernel that fails at run time is named with its line', async () => {
  const types = ['Tparams', 'Tindices', 'Taxis'].map((name, i) => ({
    name,
    type: backend.binding.TF_ATTR_TYPE,
    value: i === 0 ? backend.binding.TF_FLOAT : backend.binding.TF_INT32,
  }));
  const table = tf.variable(tf.tensor1d([1, 2, 3]));
  // tf.gather reads its indices, which a compiled step cannot; the op itself does not.
  const gather = (i: Tensor) => backend.executeSingleOutput('GatherV2', types, [table, i, tf.scalar(0, 'int32')]);
  const indices = (i: number) => ({ i: tf.tensor1d([i], 'int32') });
  const step = compileStep(engine, ({ i }) => ({ y: gather(i!) }), [table], [indices(0), indices(1)]);
  expect((await step.run(indices(2)))['y']!.dataSync()[0]).toBe(3);
  await expect(step.run(indices(7))).rejects.toThrow(/^GatherV2 at .*step\.test\.ts:\d+:\d+: .*7 is not in \[0, 3\)/s);
});
