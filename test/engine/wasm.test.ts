import { beforeAll, expect, test, vi } from 'vitest';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../../src/engine/engine.js';
import { openEngine } from '../../src/engine/open.js';
import { loadWasmKernels } from '../../src/engine/wasm/kernels.js';
import { hashOfSource } from '../../scripts/wasm-modules.mjs';
import { sourceHash } from '../../src/engine/wasm/kernels-module.js';
import { sourceHash as relaxedSourceHash } from '../../src/engine/wasm/relaxed-kernels-module.js';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ device: 'wasm' });
});

test.each([
  ['plain', sourceHash],
  ['relaxed', relaxedSourceHash],
])('the kernels by %s SIMD are those of their source; else: node scripts/build-wasm.mjs', (_, hash) => {
  expect(hash).toBe(hashOfSource('native/wasm/kernels.ts'));
});

test('the description says which SIMD it is; what is asked for is asserted', () => {
  expect(engine.description.kernels).toMatch(/^wasm, (plain|relaxed) simd$/);
  vi.stubEnv('ABLATE_WASM_SIMD', 'plain');
  expect(loadWasmKernels(engine.ops.tf).simd).toBe('plain');
  vi.stubEnv('ABLATE_WASM_SIMD', 'avx2');
  expect(() => loadWasmKernels(engine.ops.tf)).toThrow('ABLATE_WASM_SIMD: expected relaxed or plain, found avx2');
  vi.unstubAllEnvs();
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
