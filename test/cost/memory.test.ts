import { expect, it } from 'vitest';
import { buildModel } from '../../src/architecture/build.js';
import { namedNetwork } from '../../src/architecture/models.js';
import type { ConvNetwork } from '../../src/architecture/network.js';
import { countMemory } from '../../src/cost/memory.js';

it("counts what is kept: every layer's output, or the blocks' with the inside of the largest", () => {
  const network: ConvNetwork = {
    ...(namedNetwork('convnext-tiny', { resolution: 32, classes: 10 }) as ConvNetwork),
    depths: [2],
    widths: [4],
  };
  const map = 8 * 8 * 4;
  const model = buildModel(network);
  // Input; stem: convolution, norm; head: pool, norm, classifier.
  const around = 32 * 32 * 3 + 2 * map + 4 + 4 + 10;
  // Depthwise convolution, norm, to 4C, GELU, to C.
  const inside = map + map + 4 * map + 4 * map + map;
  expect(countMemory(model, 'none').activations).toBe(around + 2 * (inside + map));
  expect(countMemory(model, 'blocks').activations).toBe(around + 2 * map + inside);
});
