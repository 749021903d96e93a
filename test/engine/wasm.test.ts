import { beforeAll, describe, expect, test } from 'vitest';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../../src/engine/engine.js';
import { openEngine } from '../../src/engine/open.js';
import { hashOfSource } from '../../scripts/wasm-modules.mjs';
import { sourceHash } from '../../src/engine/wasm/kernels-module.js';
import { loadWasmKernels } from '../../src/engine/wasm/kernels.js';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ device: 'wasm' });
});

test('the kernels are those of their source; else: node scripts/build-wasm.mjs', () => {
  expect(sourceHash).toBe(hashOfSource('native/wasm/kernels.ts'));
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

describe('our kernels keep to their tensors', () => {
  const shapes = [1, 3, 4, 5, 31, 32, 33, 70].flatMap((rows) =>
    [1, 3, 4, 7, 16].map((columns) => [rows, columns] as const),
  );

  test.each(shapes)('transposing [%i, %i]', (rows, columns) => {
    const { tf } = engine.ops;
    const { output, run } = loadWasmKernels(tf);
    const x = tf.reshape(tf.range(0, rows * columns), [rows, columns]);
    const y = output([columns, rows]);
    const after = tf.fill([64], 7);
    run('transpose', x, y, rows, columns);
    expect(y.dataSync()).toEqual(
      Float32Array.from({ length: rows * columns }, (_, i) => (i % rows) * columns + Math.floor(i / rows)),
    );
    expect(x.dataSync()).toEqual(Float32Array.from({ length: rows * columns }, (_, i) => i));
    expect(new Set(after.dataSync())).toEqual(new Set([7]));
    tf.dispose([x, y, after]);
  });
});

test('works on after the memory has grown', () => {
  const { tf, activation } = engine.ops;
  const small = tf.tensor1d([-1, 0, 1]);
  const before = (activation(small, 'gelu') as Tensor).dataSync();
  const large = tf.zeros([64, 1024, 1024]);
  expect((activation(small, 'gelu') as Tensor).dataSync()).toEqual(before);
  large.dispose();
});
