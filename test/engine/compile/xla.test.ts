import type { Tensor2D } from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Feeds, RunnableStep, Step } from '../../../src/engine/engine.js';
import { openEngine } from '../../../src/engine/open.js';
import { loadKernels } from '../../../src/engine/tensorflow/kernels.js';
import { engineOn, openTensorflow } from '../../../src/engine/tensorflow/engine.js';
import { loadTensorflow } from '../../../src/engine/tensorflow/load.js';

// What an earlier run of these tests has compiled would not be compiled now.
process.env.TF_XLA_FLAGS = '--tf_xla_persistent_cache_directory=';
const warnings: string[] = [];
const xla = openTensorflow({ device: 'cpu', threads: 2, compiler: 'xla', onWarning: (text) => warnings.push(text) });
const { tf } = xla.ops;

let weights: ReturnType<typeof tf.variable>;
beforeEach(() => {
  weights = tf.variable(tf.fill([16, 16], 0.01));
});
afterEach(() => weights.dispose());

const feeds = (value: number): Feeds => ({ x: tf.fill([4, 16], value) });
const step =
  (rate: number): Step =>
  ({ x }) => {
    const y = tf.matMul(x as Tensor2D, weights as unknown as Tensor2D);
    weights.assign(tf.add(weights, tf.mul(tf.mean(y), rate)));
    return { sum: tf.sum(y) };
  };
const prepare = (rate = 0.1) => xla.prepare(step(rate), [weights], [feeds(1), feeds(2)]);
const nameOf = (prepared: RunnableStep) => (prepared as unknown as { name: string }).name;
const sumOf = async (prepared: RunnableStep) => (await prepared.run(feeds(1))).sum?.dataSync()[0] as number;

test('a step compiled by XLA computes and assigns; the record names XLA and the warning what a CPU loses', async () => {
  const prepared = await prepare();
  // 16 products of 1 and 0.01 in each of 64 sums; then the weights are 0.01 + 0.16 / 10.
  expect(await sumOf(prepared)).toBeCloseTo(10.24, 4);
  expect(await sumOf(prepared)).toBeCloseTo(26.624, 4);
  prepared.dispose();
  expect(xla.description).toMatchObject({ compiled: true, compiler: 'xla', kernels: 'tensorflow' });
  expect(warnings.join()).toContain('On a CPU, XLA is for checks');
});

test('the main thread is free while XLA compiles', async () => {
  const prepared = await prepare(0.2);
  let turns = 0;
  let compiling = true;
  const turn = () => {
    turns++;
    if (compiling) setImmediate(turn);
  };
  setImmediate(turn);
  await sumOf(prepared);
  compiling = false;
  // A blocked thread would have turned once, before.
  expect(turns).toBeGreaterThan(10);
  prepared.dispose();
});

test('equal graphs have one name, other graphs another; each step runs until it is itself disposed of', async () => {
  const [a, b, other] = [await prepare(), await prepare(), await prepare(0.3)];
  expect(nameOf(b)).toBe(nameOf(a));
  expect(nameOf(other)).not.toBe(nameOf(a));
  a.dispose();
  // Its function is let go of after the runs that are under way.
  await other.run(feeds(1));
  expect(await sumOf(b)).toBeGreaterThan(0);
  await expect(a.run(feeds(1))).rejects.toThrow('was disposed of');
  b.dispose();
  other.dispose();
});

test('an op that XLA does not know is named with its line', async () => {
  const loaded = loadTensorflow({ device: 'cpu' });
  const mixed = engineOn(loaded, loadKernels(loaded), { compiler: 'xla' });
  const gelu: Step = ({ x }) => ({ y: mixed.ops.activation(x as Tensor2D, 'gelu') });
  const prepared = await mixed.prepare(gelu, [], [feeds(1), feeds(2)]);
  await expect(prepared.run(feeds(1))).rejects.toThrow(/^Ablate\w+ at .*xla\.test\.ts:\d+.*XLA_CPU_JIT/s);
});

test('where nothing is compiled as a whole, or in bfloat16, XLA is refused with the next step', async () => {
  await expect(openEngine({ device: 'wasm', compiler: 'xla' })).rejects.toThrow(/wasm engine runs op by op.*Next: /s);
  expect(() => openTensorflow({ device: 'cpu', compiler: 'xla', eager: true })).toThrow(/--eager.*Next: /s);
  const wish = { device: 'cpu', compiler: 'xla' } as const;
  expect(() => openTensorflow({ ...wish, precision: 'bfloat16' })).toThrow(/XLA compiles without them.*Next: /s);
  expect(openTensorflow({ ...wish, precision: 'auto' }).description.precision).toBe('float32');
});
