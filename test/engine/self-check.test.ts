import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { openEngine } from '../../src/engine/open.js';
import { checkOps } from '../../src/engine/self-check.js';
import { openTensorflow } from '../../src/engine/tensorflow/engine.js';
import { loadTensorflow } from '../../src/engine/tensorflow/load.js';
import { createTensorflowOps } from '../../src/engine/tensorflow/ops/ops.js';

describe('what `ablate doctor --ops` and `--gpu` run', () => {
  let cpu: Engine;
  let plain: Engine;
  let reference: Engine;
  beforeAll(async () => {
    cpu = openTensorflow({ device: 'cpu', eager: true });
    plain = { ...cpu, ops: createTensorflowOps(loadTensorflow(), null) };
    reference = await openEngine({ device: 'wasm' });
  });
  const wrong = async (candidate: Engine): Promise<string[]> => {
    const found = await checkOps(candidate, reference, { candidate: 'tensorflow', reference: 'wasm' });
    return found.filter(({ distance }) => !(distance < 1e-5)).map(({ op }) => op);
  };

  it('finds the CPU engine right', async () => {
    expect(await wrong(cpu)).toEqual([]);
  });

  it('finds the ops that a GPU would run right, here on the CPU', async () => {
    expect(await wrong(plain)).toEqual([]);
  });

  it('finds a wrong operation', async () => {
    const { ops } = cpu;
    expect(await wrong({ ...cpu, ops: { ...ops, activation: (x) => ops.tf.abs(x) } })).toEqual(['relu', 'gelu']);
  });
});
