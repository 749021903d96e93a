import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildModel } from '../../src/architecture/build.js';
import { namedNetwork } from '../../src/architecture/models.js';
import type { ConvNetwork } from '../../src/architecture/network.js';
import { bothCompilers, compareCompilers, type CompilersApart, tooFar } from '../../src/bench/compilers.js';
import { recipeSchema } from '../../src/config/recipe.js';
import { loadPlugins } from '../../src/experiment/plugins.js';
import { applySteps, type Catalogue } from '../../src/roadmap/catalogue.js';

/**
 * Bounded: three networks of a block a stage, with LLVM's work left out, which is most of the time and none of XLA's own.
 * `node bench/compilers.mjs` does all of them.
 */
process.env.XLA_FLAGS = '--xla_backend_optimization_level=0';
process.env.TF_XLA_FLAGS = '--tf_xla_persistent_cache_directory=';

const small = (name: string): ConvNetwork => ({
  ...(namedNetwork(name, { resolution: 32, classes: 10, widthScale: 1 / 8, stemStride: 2 }) as ConvNetwork),
  depths: [1, 1, 1, 1],
});
const adamw = { name: 'adamw', learning_rate: 1e-3, weight_decay: 0.05 };
const recipe = (optimizer: object, more: object = {}) =>
  recipeSchema.parse({ name: 'test', epochs: 1, batch_size: 8, optimizer, schedule: { name: 'constant' }, ...more });

let catalogue: Catalogue;
beforeAll(async () => {
  const loaded = await loadPlugins(['../../examples/plugins/global-response-norm.ts'], fileURLToPath(import.meta.url));
  expect(loaded.problems).toEqual([]);
  catalogue = loaded.catalogue;
});

describe("XLA's step is TensorFlow's but for rounding", () => {
  const engines = bothCompilers({ device: 'cpu', threads: 2 });

  test.each([
    ['batch norm, ReLU, max pool; SGD', () => small('resnet-50'), recipe({ name: 'sgd', learning_rate: 0.01 })],
    [
      'depthwise convolution, layer norm, GELU, layer scale; AdamW, averages, stochastic depth, blocks computed again',
      () => small('convnext-tiny'),
      recipe(adamw, { drop_path: 0.2, ema: { decay: 0.9 } }),
    ],
    [
      "a plug-in's layer",
      () => {
        const options = catalogue.get('global-response-norm')?.options.parse({}) as never;
        return applySteps(small('convnext-tiny'), [{ id: 'global-response-norm', options }], catalogue);
      },
      recipe(adamw),
    ],
  ] as const)(
    '%s',
    async (_, network, trained) => {
      const recompute = trained.ema ? 'blocks' : 'none';
      const step = { model: buildModel(network() as ConvNetwork), recipe: trained, recompute, steps: 3 } as const;
      const apart = await compareCompilers(engines, step);
      expect(tooFar(apart)).toEqual([]);
      // The yardstick itself is one: it is neither nothing nor anything.
      expect(apart.first.noise).toBeGreaterThan(1e-9);
      expect(apart.first.noise).toBeLessThan(1e-2);
      // Ten seconds of one core; a busy machine has taken ten times as long.
    },
    300_000,
  );
});

test('what is too far is named, and what is no number is too far', () => {
  const near: CompilersApart = {
    loss: { xla: 1e-7, noise: 0 },
    evaluation: 1e-7,
    statistics: null,
    first: { xla: 2e-2, noise: 1e-2 },
    last: { xla: 1e-6, noise: 0 },
    compileSeconds: 1,
  };
  expect(tooFar(near)).toEqual([]);
  expect(tooFar({ ...near, loss: { xla: 2e-5, noise: 2e-6 } })).toEqual([
    'the first losses are 2.0e-5 apart, allowed 1.0e-5',
  ]);
  // Forty last bits of the statistics move a loss ten times as far as four do.
  const batchNorm = { ...near, statistics: 40 * 2 ** -23 };
  expect(tooFar({ ...batchNorm, loss: { xla: 2e-5, noise: 1e-6 } })).toEqual([]);
  expect(tooFar({ ...batchNorm, loss: { xla: 4e-5, noise: 1e-6 } })).toEqual([
    'the first losses are 4.0e-5 apart, allowed 3.0e-5',
  ]);
  expect(tooFar({ ...near, loss: { xla: 2e-5, noise: 3e-5 } })).toEqual([]);
  expect(tooFar({ ...near, evaluation: Number.NaN, statistics: 1e-3 })).toHaveLength(2);
  expect(tooFar({ ...near, first: { xla: 4e-2, noise: 1e-2 }, last: { xla: 5e-6, noise: 0 } })).toHaveLength(2);
});
