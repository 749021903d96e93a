import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../src/architecture/build.js';
import { modelNames, namedNetwork } from '../../src/architecture/models.js';
import type { Network } from '../../src/architecture/network.js';
import { foreignTensors } from '../../src/weights/export.js';
import { type Naming, namingsOf } from '../../src/weights/naming/index.js';

/** Keys and shapes of timm's and torchvision's state dicts, as names.py found them. */
const stored: Record<string, Partial<Record<Naming, Record<string, number[]>>>> = JSON.parse(
  gunzipSync(readFileSync(new URL('../fixtures/weights/names.json.gz', import.meta.url))).toString(),
);

const cases = Object.entries(stored).flatMap(([name, tools]) =>
  Object.keys(tools).map((tool) => [name, tool as Naming] as const),
);

describe('exported names and shapes are those of the tool itself', () => {
  it.each(cases)('%s in %s', (name, naming) => {
    const network = namedNetwork(name) as Network;
    const tensors = foreignTensors(network, buildModel(network), naming, () => new Float32Array());
    const found = Object.fromEntries(tensors.map((tensor) => [tensor.name, [...tensor.shape]]));
    expect(found).toEqual(stored[name]?.[naming]);
  });
});

it('covers every named network that timm has', () => {
  const missing = modelNames.filter(
    (name) => !(name in stored) && namingsOf(namedNetwork(name) as Network).includes('timm'),
  );
  expect(missing).toEqual([]);
});
