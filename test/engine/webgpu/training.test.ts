import { beforeAll, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine.js';
import { openEngine } from '../../../src/engine/open.js';
import { cases, distances, train } from '../../training/pytorch-steps.js';
import { type NetworkName, trainSteps } from '../steps.js';
import { describeOnDevice } from './device.js';

describeOnDevice('training on webgpu', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ device: 'webgpu' });
  });
  const memory = () => engine.ops.tf.memory() as { numTensors: number; numBytesInGPU?: number };

  it.each(cases.filter(({ ema }) => ema !== null).map((one) => [one.name, one] as const))(
    '20 steps equal PyTorch: %s',
    async (_, one) => {
      const { losses, state } = await train(engine, one);
      for (const [step, loss] of losses.entries()) expect(loss).toBeCloseTo(one.losses[step] as number, 5);
      expect((await distances(state, one.tensors)).filter(({ distance }) => !(distance < 3e-6))).toEqual([]);
      state.dispose();
    },
  );

  it.each(['resnext', 'swin-t'] satisfies NetworkName[])(
    '%s: the same seed gives the same losses and weights, bit for bit, and nothing is left on the device',
    async (name) => {
      const first = await trainSteps(engine, name, 'adamw', 3);
      expect(memory()).toMatchObject({ numTensors: 0, numBytesInGPU: 0 });
      const second = await trainSteps(engine, name, 'adamw', 3);
      expect(second).toEqual(first);
      expect(new Set(first.tensors.slice(1)).size).toBe(1);
      expect(first.losses.every(Number.isFinite)).toBe(true);
    },
  );
});
