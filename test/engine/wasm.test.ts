import { beforeAll, expect, test } from 'vitest';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../../src/engine/engine.js';
import { openEngine } from '../../src/engine/open.js';
import { hashOfSource } from '../../scripts/wasm-modules.mjs';
import { sourceHash } from '../../src/engine/wasm/kernels-module.js';
import { sourceHash as relaxedSourceHash } from '../../src/engine/wasm/relaxed-kernels-module.js';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ device: 'wasm' });
});

test('the kernels are those of their source; else: node scripts/build-wasm.mjs', () => {
  expect(sourceHash).toBe(hashOfSource('native/wasm/kernels.ts'));
  expect(relaxedSourceHash).toBe(sourceHash);
});

test('gradients are registered where no other engine was loaded in the process', () => {
  const { tf } = engine.ops;
  expect([
    ...tf
      .grad((x) => tf.sum(tf.square(x)))(tf.tensor1d([1, 2]))
      .dataSync(),
  ]).toEqual([2, 4]);
});

test('plain JavaScript is no backend to fall back on, and the wasm engine refuses what it lacks', async () => {
  expect(engine.ops.tf.getBackend()).toBe('wasm');
  expect(engine.ops.tf.findBackend('cpu')).toBeNull();
  await expect(openEngine({ device: 'wasm', precision: 'bfloat16' })).rejects.toThrow('no bfloat16');
});

test('works on after the memory has grown', () => {
  const { tf, activation } = engine.ops;
  const small = tf.tensor1d([-1, 0, 1]);
  const before = (activation(small, 'gelu') as Tensor).dataSync();
  const large = tf.zeros([64, 1024, 1024]);
  expect((activation(small, 'gelu') as Tensor).dataSync()).toEqual(before);
  large.dispose();
});
