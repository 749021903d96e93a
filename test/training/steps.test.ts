import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { openEngine } from '../../src/engine/open.js';
import { cases, distances, train } from './pytorch-steps.js';

describe.each([
  { device: 'cpu', eager: false, followed: cases },
  { device: 'cpu', eager: true, followed: cases },
  { device: 'wasm', eager: true, followed: cases.filter(({ ema }) => ema !== null) },
] as const)('20 steps on $device, eager: $eager, equal PyTorch', ({ device, eager, followed }) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ device, eager });
  });

  it.each(followed.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    const { losses, state } = await train(engine, one);
    for (const [step, loss] of losses.entries()) expect(loss).toBeCloseTo(one.losses[step] as number, 5);
    // A bias starts at zero and is small after 20 steps: the same rounding is more of it.
    const bound = (name: string) => (name.endsWith('bias') ? 1e-5 : 3e-6);
    const found = await distances(state, one.tensors);
    expect(found.filter(({ name, distance }) => !(distance < bound(name)))).toEqual([]);
    state.dispose();
  });
});
