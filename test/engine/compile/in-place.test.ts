import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Scalar, Tensor, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Step } from '../../../src/engine/engine.js';
import { compileStep } from '../../../src/engine/tensorflow/compile/compile.js';
import { libraryFolder } from '../../../src/engine/tensorflow/setup/cache.js';
import { compileSharedObjects, tensorflowLink } from '../../../src/engine/tensorflow/setup/compiler.js';
import { requireCompiler } from '../../../src/engine/tensorflow/setup/tools.js';
import { engine, uniform } from './network.js';

const { tf, backend } = engine;
const require = createRequire(import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'ablate-kernel-'));

beforeAll(async () => {
  const library = libraryFolder(engine.flavour);
  const includes = [
    join(dirname(require.resolve('node-api-headers/package.json')), 'include'),
    join(library, 'tensorflow', 'include'),
  ];
  await compileSharedObjects(await requireCompiler(), [
    {
      sources: [fileURLToPath(new URL('in-place-kernel.cc', import.meta.url))],
      flags: ['-O2', '-std=c++17', '-fPIC', ...includes.map((path) => `-I${path}`)],
      link: tensorflowLink(library, join(library, 'tensorflow')),
      output: join(folder, 'kernel.node'),
    },
  ]);
  require(join(folder, 'kernel.node'));
});
afterAll(() => rmSync(folder, { recursive: true }));

type Update = 'assign' | 'in place';

function network(update: Update): { parameters: Variable[]; average: Variable; variables: Variable[]; step: Step } {
  const random = uniform(7);
  const parameters = [tf.variable(random([32, 64])), tf.variable(random([64, 10]))];
  const average = tf.variable(tf.zeros([64, 32]));
  const [first, second] = parameters as [Variable, Variable];
  const step: Step = ({ x, y, rate }) => {
    const { value, grads } = tf.variableGrads(() => {
      const hidden = tf.relu(tf.matMul(x as Tensor2D, first as unknown as Tensor2D));
      return tf.mean(tf.squaredDifference(tf.matMul(hidden, second as unknown as Tensor2D), y!)) as Scalar;
    }, parameters);
    const before = tf.sum(first);
    const gradients = parameters.map(({ name }) => grads[name]!);
    if (update === 'assign') {
      parameters.forEach((parameter, i) => parameter.assign(tf.sub(parameter, tf.mul(rate!, gradients[i]!))));
    } else {
      const length = { name: 'N', type: backend.binding.TF_ATTR_INT, value: parameters.length };
      backend.executeSingleOutput('AblateTestDescend', [length], [rate!, ...parameters, ...gradients]).dispose();
    }
    // A reshape shares its input's buffer: the average must not become the parameter itself.
    average.assign(tf.reshape(first, [64, 32]));
    return { loss: value, before, after: tf.sum(first) };
  };
  return { parameters, average, variables: [...parameters, average], step };
}

const feeds = (seed: number) => {
  const random = uniform(100 + seed);
  return { x: random([16, 32], 1), y: random([16, 10], 1), rate: tf.scalar(0.1 + seed / 100) };
};
const read = (tensors: readonly Tensor[]) => tensors.map((tensor) => Array.from(tensor.dataSync()));
const compile = (made: ReturnType<typeof network>) =>
  compileStep(engine, made.step, made.variables, [feeds(0), feeds(1)]);

test('an op that writes into variables runs between what was recorded before and after it', async () => {
  const [assigned, written] = [network('assign'), network('in place')];
  const [a, b] = [compile(assigned), compile(written)];
  for (let i = 0; i < 10; i++) {
    const [expected, outputs] = [await a.run(feeds(i)), await b.run(feeds(i))];
    for (const name of ['loss', 'before', 'after']) expect(read([outputs[name]!])).toEqual(read([expected[name]!]));
    expect(read(written.variables)).toEqual(read(assigned.variables));
  }
});

test('it writes into no clone, no typed array, and no variable that was given the same values', async () => {
  const made = network('in place');
  const source = Float32Array.from({ length: 64 * 10 }, (_, i) => i / 1000);
  made.parameters[1]!.assign(tf.tensor(source, [64, 10]));
  const step = compile(made);
  const clone = made.parameters[0]!.clone();
  const cloned = read([clone]);
  await step.run(feeds(0));
  expect(read([clone])).toEqual(cloned);
  expect(source[1]).toBe(Math.fround(0.001));
  const average = read([made.average]);
  expect(average).toEqual(read([made.parameters[0]!]));
  const second = clone.clone();
  await step.run(feeds(1));
  expect(read([second])).toEqual(cloned);
  expect(read([made.parameters[0]!])).not.toEqual(average);
});

test('it keeps the variables in their place: nothing is copied after the first call', async () => {
  const made = network('in place');
  const step = compile(made);
  await step.run(feeds(0));
  const ids = () => made.parameters.map(({ dataId }) => backend.tensorMap.get(dataId).id);
  const before = ids();
  for (let i = 0; i < 3; i++) await step.run(feeds(i));
  expect(ids()).toEqual(before);
  // Assigning gives it a buffer that others may share: copied once more.
  made.parameters[0]!.assign(tf.ones([32, 64]));
  await step.run(feeds(0));
  expect(ids()[0]).not.toBe(before[0]);
  expect(ids()[1]).toBe(before[1]);
});

test('writing into anything but a declared variable is refused', () => {
  const made = network('in place');
  const variables = [made.parameters[0]!, made.average];
  expect(() => compileStep(engine, made.step, variables, [feeds(0), feeds(1)])).toThrow(
    /AblateTestDescend at .*in-place\.test\.ts:\d+:\d+ writes into a tensor that is no declared variable/,
  );
});
