import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { namedNetwork } from '../../../src/architecture/models.js';
import type { ConvNetwork } from '../../../src/architecture/network.js';
import type { StrategyConfig } from '../../../src/config/strategy.js';
import { buildModel } from '../../../src/architecture/build.js';
import { loadPlugins } from '../../../src/experiment/plugins.js';
import { networkHash } from '../../../src/records/hash.js';
import { applySteps, createCatalogue } from '../../../src/roadmap/catalogue.js';
import { parseRoad, resolveRoad } from '../../../src/roadmap/road.js';
import { defineStrategy } from '../../../src/roadmap/strategies/own.js';
import { variantsOf } from '../../../src/roadmap/variants.js';

const catalogue = createCatalogue();
const base = namedNetwork('resnet-50', { resolution: 32, widthScale: 1 / 16 }) as ConvNetwork;
const road = parseRoad('stage-ratio,depthwise-conv,inverted-bottleneck,move-up-depthwise,gelu,layer-norm', catalogue);
const chosen = (strategy: StrategyConfig, of = road, own: Parameters<typeof variantsOf>[6] = []) =>
  variantsOf('resnet-50', base, of, strategy, [], undefined, own);
const orders = { name: 'random-orders', orders: 20, seed: 1, steps: null } as const;

describe('random orders', () => {
  it('give each set once, as the network that any of its orders gives', () => {
    const { variants, arrangement } = chosen(orders);
    if (arrangement?.kind !== 'random-orders') throw new Error('no orders');
    expect(new Set(variants.map(({ name }) => name)).size).toBe(variants.length);
    const built = new Map(variants.map(({ name, network }) => [name, networkHash(buildModel(network as ConvNetwork))]));
    for (const { steps, networks } of arrangement.orders) {
      expect(steps.indexOf('depthwise-conv')).toBeLessThan(steps.indexOf('move-up-depthwise'));
      const calls = steps.map((id) => ({ id, options: {} }));
      const inOrder = networks.map((_, at) =>
        applySteps(
          base,
          calls
            .slice(0, at)
            .map(({ id }) => ({ id, options: catalogue.get(id)?.options.parse({}) as object as never })),
          catalogue,
        ),
      );
      expect(networks.map((name) => built.get(name))).toEqual(inOrder.map((one) => networkHash(buildModel(one))));
    }
    // move-up-depthwise is the last of the three that it stands on, everything else is free.
    expect(arrangement.lawfulOrders).toBe(720 / 3);
    expect(arrangement.paired).toBe(false);
    expect(variants.at(-1)).toMatchObject({ parent: 'resnet-50', stepNames: road.map(({ name }) => name) });
  });

  it('vary the named steps on top of the others, which stay on', () => {
    const { variants } = chosen({ ...orders, steps: ['gelu', 'layer-norm'] });
    expect(variants.map(({ name, stepNames, kind }) => [name, stepNames.length, kind])).toEqual([
      ['start', 4, 'base'],
      ['gelu', 5, 'step'],
      ['layer-norm', 5, 'step'],
      ['gelu+layer-norm', 6, 'step'],
    ]);
  });

  it.each([
    [{ ...orders, steps: ['gelu', 'layer-nrm'] }, 'did you mean "layer-norm"?'],
    [{ ...orders, steps: ['gelu', 'gelu'] }, 'gelu twice'],
    [{ ...orders, steps: ['depthwise-conv', 'gelu'] }, 'move-up-depthwise stays on in every network'],
    [
      { name: 'factorial', steps: ['depthwise-conv', 'move-up-depthwise'], fraction: '1/1' },
      'take depthwise-conv out of `steps`, so that it stays on, or move-up-depthwise',
    ],
    [
      { name: 'factorial', steps: ['gelu', 'layer-norm', 'stage-ratio'], fraction: '1/4' },
      'too few to tell the steps apart',
    ],
    [{ name: 'grid', steps: ['gelu', 'layer-norm'] }, 'gelu has one value'],
    ['grid', 'the road has 0'],
    ['factoral', 'did you mean "factorial"?'],
  ] as [StrategyConfig, string][])('refuse %j: %s', (strategy, message) => {
    expect(() => chosen(strategy)).toThrow(message);
  });
});

describe('a factorial', () => {
  it('trains every combination, or the fraction whose effects are mixed up least', () => {
    const steps = ['stage-ratio', 'inverted-bottleneck', 'gelu', 'layer-norm'];
    const plain = parseRoad(steps.join(), catalogue);
    const full = chosen('factorial', plain);
    expect(full.variants).toHaveLength(16);
    const half = chosen({ name: 'factorial', steps: null, fraction: '1/2' }, plain);
    expect(half.variants.map(({ stepNames }) => stepNames.length)).toEqual([0, 2, 2, 2, 2, 2, 2, 4]);
    expect(half.arrangement).toMatchObject({ resolution: 4, words: [steps], generators: 1 });
  });
});

describe('a grid', () => {
  it('crosses the values of two sweeps, each set against the adopted pair', () => {
    const { road: swept } = resolveRoad(
      [
        'gelu',
        { 'depthwise-conv': { sweep: [1, 16], adopt: 1 } },
        {
          'stage-ratio': {
            sweep: [
              [1, 1, 1, 1],
              [1, 1, 3, 1],
            ],
            adopt: [1, 1, 3, 1],
          },
        },
      ],
      catalogue,
      base,
    );
    const { variants, arrangement } = chosen('grid', swept);
    expect(variants.map(({ name, parent, adopted }) => [name, parent, adopted])).toEqual([
      ['depthwise-conv-1+stage-ratio-1-1-1-1', 'depthwise-conv-1+stage-ratio-1-1-3-1', false],
      ['depthwise-conv-1+stage-ratio-1-1-3-1', null, true],
      ['depthwise-conv-16+stage-ratio-1-1-1-1', 'depthwise-conv-1+stage-ratio-1-1-3-1', false],
      ['depthwise-conv-16+stage-ratio-1-1-3-1', 'depthwise-conv-1+stage-ratio-1-1-3-1', false],
    ]);
    expect(variants.every(({ stepNames }) => stepNames[0] === 'gelu')).toBe(true);
    expect(arrangement).toMatchObject({
      kind: 'grid',
      down: { step: 'depthwise-conv' },
      across: { step: 'stage-ratio' },
    });
  });
});

describe('a strategy of one’s own', () => {
  it('of the examples trains both halves of a road, and the whole against the first', async () => {
    const file = fileURLToPath(new URL('../../../examples/plugins/halves.ts', import.meta.url));
    const { strategies, problems, paths } = await loadPlugins([file], file);
    expect([problems, paths]).toEqual([[], [file]]);
    const free = parseRoad('stage-ratio,patchify-stem,gelu,layer-norm', catalogue);
    expect(chosen('halves', free, strategies).variants.map(({ name, parent }) => [name, parent])).toEqual([
      ['resnet-50', null],
      ['stage-ratio+patchify-stem', 'resnet-50'],
      ['gelu+layer-norm', 'resnet-50'],
      ['stage-ratio+patchify-stem+gelu+layer-norm', 'stage-ratio+patchify-stem'],
    ]);
  });

  const strategy = (sets: Parameters<typeof defineStrategy>[0]['sets']) => [
    defineStrategy({ id: 'mine', about: 'x', sets }),
  ];

  it('gives the sets that it asks for, each against the one that it names', () => {
    const own = strategy((steps) => [{ steps: steps.slice(0, 3) }, { steps, against: steps.slice(0, 3) }]);
    expect(chosen('mine', road, own).variants.map(({ name, parent }) => [name, parent])).toEqual([
      ['resnet-50', null],
      ['stage-ratio+depthwise-conv+inverted-bottleneck', 'resnet-50'],
      [road.map(({ name }) => name).join('+'), 'stage-ratio+depthwise-conv+inverted-bottleneck'],
    ]);
  });

  it.each([
    [() => [{ steps: ['move-up-depthwise'] }], 'move-up-depthwise needs depthwise-conv before it'],
    [() => [{ steps: ['nothing'] }], 'asks for "nothing", which is not on the road'],
    [() => [{ steps: ['gelu'], against: ['layer-norm'] }], 'sets gelu against layer-norm, which it does not ask for'],
    [() => 3 as never, 'must return a list such as'],
    [
      () => {
        throw new Error('no idea');
      },
      'no idea',
    ],
  ])('is refused by name: %#', (sets, message) => {
    expect(() => chosen('mine', road, strategy(sets))).toThrow(message);
  });
});
