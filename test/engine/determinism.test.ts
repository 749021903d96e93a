import { beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { openEngine } from '../../src/engine/open.js';
import { ensureKernels } from '../../src/engine/tensorflow/setup/kernels.js';
import { NETWORKS, type NetworkName, trainSteps } from './steps.js';

const all = Object.keys(NETWORKS) as NetworkName[];
const STEPS = 3;

describe.each([
  ['TensorFlow, compiled', { device: 'cpu', threads: 2 }, all],
  ['TensorFlow, eager', { device: 'cpu', threads: 2, eager: true }, ['resnet-50', 'convnext-t']],
  ['wasm', { device: 'wasm' }, ['resnext', 'swin-t']],
] as const)('%s', (_, options, names) => {
  let engine: Engine;
  beforeAll(async () => {
    if (options.device === 'cpu') await ensureKernels('cpu', () => {});
    engine = await openEngine(options);
    // Without them the engine would quietly be another.
    if (options.device === 'cpu') expect(engine.description.kernels).toContain('fused');
    // Compiling them can take minutes on a busy machine.
  }, 600_000);

  test.each(names)(
    '%s: the same seed gives the same losses and weights, bit for bit, and no tensor is left behind',
    async (name) => {
      const optimizer = name === 'resnet-50' ? 'sgd' : 'adamw';
      const before = engine.ops.tf.memory().numTensors;
      const first = await trainSteps(engine, name, optimizer, STEPS);
      expect(engine.ops.tf.memory().numTensors).toBe(before);
      const second = await trainSteps(engine, name, optimizer, STEPS);

      expect(second.losses).toEqual(first.losses);
      const apart = [...first.values].filter(
        ([key, values]) => !sameBits(values, second.values.get(key) as Float32Array),
      );
      expect(apart.map(([key]) => key)).toEqual([]);
      expect(first.losses.every(Number.isFinite)).toBe(true);
      expect(new Set(first.losses).size).toBe(STEPS);
      expect(new Set(first.tensors.slice(1)).size).toBe(1);
    },
  );
});

const sameBits = (a: Float32Array, b: Float32Array): boolean => Buffer.from(a.buffer).equals(Buffer.from(b.buffer));
