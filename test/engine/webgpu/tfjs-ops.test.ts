import { beforeAll } from 'vitest';
import type { Engine } from '../../../src/engine/engine.js';
import { openEngine } from '../../../src/engine/open.js';
import { holdsColumn } from '../tfjs-ops/table.js';
import { describeOnDevice } from './device.js';

describeOnDevice('tfjs in a layer on webgpu', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ device: 'webgpu' });
  });

  holdsColumn(
    'webgpu',
    () => {
      const { tf } = engine.ops;
      return { tf, run: async (step, feeds) => tf.tidy(() => step(feeds())) };
    },
    { thereAndBack: true },
  );
});
