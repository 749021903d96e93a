import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Model } from '../../src/architecture/model.js';
import { recipeSchema } from '../../src/config/recipe.js';
import { canonical, designHash, networkHash, protocolHash, runHash } from '../../src/records/hash.js';
import { modelOf } from '../../src/experiment/network.js';
import type { NetworkSpec, RunSpec } from '../../src/records/run.js';
import { createCatalogue } from '../../src/roadmap/catalogue.js';

const catalogue = createCatalogue();
const network: NetworkSpec = { base: 'resnet-50', steps: [], resolution: 32, width: 0.25, stemStride: 2, classes: 10 };
const recipe = recipeSchema.parse({
  name: 'some',
  epochs: 2,
  batch_size: 64,
  optimizer: { name: 'adamw', learning_rate: 0.001 },
  schedule: { name: 'cosine' },
});
const spec: RunSpec = {
  suite: 'some',
  variant: 'some',
  seed: 0,
  network,
  recipe,
  dataset: { name: 'fashion-mnist', root: null, train_limit: 100, test_limit: null },
  device: 'auto',
  plugins: [],
};
const model = modelOf(network, catalogue);
const identify = (of: RunSpec, network: string, plugins: readonly { sha256: string }[] = []): string =>
  designHash(protocolHash(of, network, plugins), of.seed);
const hashOf = (changes: Partial<RunSpec>, of: Model = model): string =>
  identify({ ...spec, ...changes }, networkHash(of));
const step = (id: string, options: Record<string, unknown> = {}) => ({ id, options });
const built = (changes: Partial<NetworkSpec>): Model => modelOf({ ...network, ...changes }, catalogue);

test('names, paths and devices do not count', () => {
  fc.assert(
    fc.property(
      fc.record({
        suite: fc.string(),
        variant: fc.string(),
        device: fc.constantFrom('auto', 'gpu', 'cpu', 'wasm', 'webgpu'),
        plugins: fc.array(fc.string()),
      }),
      fc.string(),
      fc.option(fc.string()),
      (changes, recipeName, root) => {
        const named = { ...recipe, name: recipeName, replaces: recipeName };
        expect(hashOf({ ...changes, recipe: named, dataset: { ...spec.dataset, root } })).toBe(hashOf({}));
      },
    ),
  );
});

test('the order in which keys were written does not count', () => {
  const shuffled = (value: unknown): unknown =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value)
            .reverse()
            .map(([key, part]) => [key, shuffled(part)]),
        )
      : value;
  expect(hashOf(shuffled(spec) as RunSpec)).toBe(hashOf({}));
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(canonical(shuffled(value))).toBe(canonical(value));
      expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('seed, recipe, limits and network each count, and no two changes look alike', () => {
  const adamw = recipe.optimizer as Extract<typeof recipe.optimizer, { name: 'adamw' }>;
  const hashes = [
    hashOf({}),
    hashOf({ seed: 1 }),
    hashOf({ recipe: { ...recipe, epochs: 3 } }),
    hashOf({ recipe: { ...recipe, drop_path: 0.1 } }),
    hashOf({ recipe: { ...recipe, optimizer: { ...adamw, betas: [0.9, 0.99] } } }),
    hashOf({ dataset: { ...spec.dataset, train_limit: 101 } }),
    hashOf({ dataset: { ...spec.dataset, test_limit: 100 } }),
    hashOf({ dataset: { ...spec.dataset, name: 'mnist' } }),
    hashOf({}, built({ resolution: 64 })),
    hashOf({}, built({ width: 0.5 })),
    hashOf({}, built({ classes: 11 })),
    hashOf({}, built({ stemStride: null })),
    hashOf({}, built({ steps: [step('stage-ratio')] })),
    hashOf({}, built({ steps: [step('gelu')] })),
  ];
  expect(new Set(hashes).size).toBe(hashes.length);
});

test('two ways of writing one network are one run', () => {
  const explicit = built({ steps: [step('stage-ratio', { depths: [3, 4, 6, 3] })] });
  expect(hashOf({}, explicit)).toBe(hashOf({}));
});

test("a plug-in's content counts, not where it lies nor the order of several", () => {
  const content = (file: string, sha256: string) => ({ file, sha256, files: [], packages: [] });
  const by = (...contents: ReturnType<typeof content>[]) => identify(spec, networkHash(model), contents);
  expect(by(content('/a.ts', 'one'))).not.toBe(by());
  expect(by(content('/a.ts', 'one'))).toBe(by(content('/b.ts', 'one')));
  expect(by(content('/a.ts', 'one'))).not.toBe(by(content('/a.ts', 'two')));
  expect(by(content('/a.ts', 'one'), content('/b.ts', 'two'))).toBe(
    by(content('/b.ts', 'two'), content('/a.ts', 'one')),
  );
});

test('the pictures count', () => {
  const design = hashOf({});
  expect(runHash(design, 'these')).not.toBe(runHash(design, 'those'));
  expect(runHash(design, 'these')).toBe(runHash(design, 'these'));
});
