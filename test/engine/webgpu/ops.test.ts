import { beforeAll, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine.js';
import { openEngine } from '../../../src/engine/open.js';
import { equalPytorch } from '../ops/equal-pytorch.js';
import { describeOnDevice } from './device.js';

describeOnDevice('the operations on webgpu', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ device: 'webgpu' });
  });

  equalPytorch(() => engine.ops);

  it('sum any number of tensors, which the backend gives up after seven', async () => {
    const { tf } = engine.ops;
    const sum = tf.tidy(() => tf.addN(Array.from({ length: 30 }, (_, at) => tf.fill([70], at + 1))));
    expect(new Set(await sum.data())).toEqual(new Set([465]));
    sum.dispose();
  });

  it('are float32 only', async () => {
    await expect(openEngine({ device: 'webgpu', precision: 'bfloat16' })).rejects.toThrow('no bfloat16');
  });

  // The last one: from here on the device counts as broken.
  it('hand out no numbers once the device has refused something', async () => {
    const { tf } = engine.ops;
    const { device } = tf.backend() as unknown as { device: { createBuffer(descriptor: object): object } };
    device.createBuffer({ size: 4, usage: 0xffff });
    await expect(tf.fill([70], 1).data()).rejects.toThrow(/^WebGPU on .* failed: /);
  });
});
