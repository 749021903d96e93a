import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { openEngine } from '../../src/engine/open.js';
import { fixtures, measure } from './parity.js';

/** Relative to each tensor's largest value, as the road's promise is. */
const tolerance = 1e-4;

describe.each(['cpu', 'wasm'] as const)('the road on %s equals PyTorch', (device) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ device });
  });

  it.each(fixtures.map((fixture) => [fixture.name, fixture] as const))(
    '%s: logits, gradients, statistics',
    async (_, fixture) => {
      const apart = (await measure(engine.ops, fixture)).filter(({ distance }) => !(distance < tolerance));
      expect(apart).toEqual([]);
    },
  );
});
