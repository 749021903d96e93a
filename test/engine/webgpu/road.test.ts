import { beforeAll, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine.js';
import { openEngine } from '../../../src/engine/open.js';
import { fixtures, measure } from '../../architecture/parity.js';
import { describeOnDevice } from './device.js';

describeOnDevice('the road on webgpu equals PyTorch', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ device: 'webgpu' });
  });

  it.each(fixtures.map((fixture) => [fixture.name, fixture] as const))(
    '%s: logits, gradients, statistics',
    async (_, fixture) => {
      const found = await measure(engine.ops, fixture);
      expect(found.filter(({ distance }) => !(distance < 1e-4))).toEqual([]);
      expect(engine.ops.tf.memory().numTensors).toBe(0);
    },
  );
});
