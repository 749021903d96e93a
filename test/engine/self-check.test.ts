import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { openEngine } from '../../src/engine/open.js';
import { checkOps } from '../../src/engine/self-check.js';
import { openTensorflow } from '../../src/engine/tensorflow/engine.js';
import { loadTensorflow } from '../../src/engine/tensorflow/load.js';
import { createTensorflowOps } from '../../src/engine/tensorflow/ops/ops.js';

describe('what `ablate doctor --ops` and `--gpu` run', () => {
  const names = { candidate: 'tensorflow', reference: 'wasm' };
  const wrong = (found: Awaited<ReturnType<typeof checkOps>>) => found.filter(({ distance }) => !(distance < 1e-5));

  it('finds the CPU engine right', async () => {
    const candidate = openTensorflow({ device: 'cpu', eager: true });
    expect(wrong(await checkOps(candidate, await openEngine({ device: 'wasm' }), names))).toEqual([]);
  });

  it('finds the ops that a GPU would run right, here on the CPU', async () => {
    const candidate: Engine = {
      ...openTensorflow({ device: 'cpu', eager: true }),
      ops: createTensorflowOps(loadTensorflow(), null),
    };
    expect(wrong(await checkOps(candidate, await openEngine({ device: 'wasm' }), names))).toEqual([]);
  });

  it('finds a wrong operation', async () => {
    const right = openTensorflow({ device: 'cpu', eager: true });
    const candidate: Engine = { ...right, ops: { ...right.ops, activation: (x) => right.ops.tf.abs(x) } };
    const found = wrong(await checkOps(candidate, await openEngine({ device: 'wasm' }), names));
    expect(found.map(({ op }) => op)).toEqual(['relu', 'gelu']);
  });
});
