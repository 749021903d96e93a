import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../src/architecture/build.js';
import { namedNetwork } from '../../src/architecture/models.js';
import type { ConvNetwork } from '../../src/architecture/network.js';
import { recipeSchema } from '../../src/config/recipe.js';
import { countCost } from '../../src/cost/count.js';
import { LayerError } from '../../src/layers/layer.js';
import { applySteps, createCatalogue, RoadError } from '../../src/roadmap/catalogue.js';
import { parseRoad, resolveRoad, type Road } from '../../src/roadmap/road.js';
import { paperSteps } from '../../src/roadmap/steps/index.js';
import { variantsOf } from '../../src/roadmap/variants.js';

const catalogue = createCatalogue();
const plain = { epochs: 1, batch_size: 64, schedule: { name: 'constant' } } as const;
const recipes = {
  recipe: recipeSchema.parse({ ...plain, name: 'modern', optimizer: { name: 'adamw', learning_rate: 1e-3 } }),
  base: recipeSchema.parse({ ...plain, name: 'before', optimizer: { name: 'sgd', learning_rate: 0.1 } }),
};
const base = namedNetwork('resnet-50') as ConvNetwork;
const messages = (entries: unknown[]) => resolveRoad(entries, catalogue, base).problems.map(({ message }) => message);

describe('a road', () => {
  it('takes every form of an entry', () => {
    const { road, problems } = resolveRoad(
      [
        'training-recipe',
        { 'stage-ratio': { depths: [2, 2, 2, 2] } },
        { 'depthwise-conv': 32 },
        { gelu: 'off' },
        { 'layer-norm': null },
      ],
      catalogue,
    );
    expect(problems).toEqual([]);
    expect(road.map(({ enabled, adopted }) => [adopted.name, enabled])).toEqual([
      ['training-recipe', true],
      ['stage-ratio-2-2-2-2', true],
      ['depthwise-conv-32', true],
      ['gelu', false],
      ['layer-norm', true],
    ]);
  });

  it.each([
    [['gelo'], 'there is no step "gelo"; did you mean "gelu"?'],
    [['fewer-norms'], 'fewer-norms needs move-up-depthwise before it'],
    [[{ 'kernel-size': 8 }], 'expected an odd number'],
    [[{ 'kernel-size': { sweep: [5, 7], adopt: 9 } }], 'one of 5, 7'],
    [[{ 'kernel-size': { sweep: [5, 5], adopt: 5 } }], 'in the sweep twice'],
    [[{ 'kernel-size': { sweep: [], adopt: 5 } }], 'expected a list of values'],
    [[{ 'kernel-size': { kernal: 5 } }], 'did you mean "kernel"?'],
    [[{ gelu: 3 }], 'gelu has no options'],
    [['gelu', 'gelu'], 'on the road twice'],
    [[{ gelu: true, 'layer-norm': true }], 'expected one step'],
    [[42], 'expected one step'],
  ])('%j is refused: %s', (entries, message) => {
    expect(messages(entries).join('\n')).toContain(message);
  });

  it('places each problem: the sweep value, the option', () => {
    const { problems } = resolveRoad(
      [{ 'kernel-size': { sweep: [5, 'x'], adopt: 5 } }, { 'increase-width': { width: -1 } }],
      catalogue,
    );
    expect(problems.map(({ path }) => path)).toEqual([
      ['road', 0, 'kernel-size', 'sweep', 1],
      ['road', 1, 'increase-width', 'width'],
    ]);
  });
});

describe('variants', () => {
  const road = parseRoad('training-recipe,depthwise-conv,inverted-bottleneck,move-up-depthwise,gelu', catalogue);
  const names = (strategy: Parameters<typeof variantsOf>[3]) =>
    variantsOf('resnet-50', base, road, strategy).variants.map(({ name }) => name);

  it('cumulative: each step on top of the one before; sweeps branch off', () => {
    const sweep = resolveRoad(
      ['depthwise-conv', { 'kernel-size': { sweep: [5, 7, 9], adopt: 7 } }, 'gelu'],
      catalogue,
    ).road;
    const { variants } = variantsOf('resnet-50', base, sweep, 'cumulative', ['swin-t']);
    expect(variants.map(({ name, parent, adopted }) => [name, parent, adopted])).toEqual([
      ['resnet-50', null, true],
      ['depthwise-conv', 'resnet-50', true],
      ['kernel-size-5', 'depthwise-conv', false],
      ['kernel-size-7', 'depthwise-conv', true],
      ['kernel-size-9', 'depthwise-conv', false],
      ['gelu', 'kernel-size-7', true],
      ['swin-t', null, true],
    ]);
    expect(variants[5]?.stepNames).toEqual(['depthwise-conv', 'kernel-size-7', 'gelu']);
  });

  it('leave-one-out: without a step and without what needs it', () => {
    const { variants } = variantsOf('resnet-50', base, road, 'leave-one-out');
    const without = variants.find(({ name }) => name === 'without-inverted-bottleneck');
    expect(without?.stepNames).toEqual(['training-recipe', 'depthwise-conv', 'gelu']);
    expect(variants).toHaveLength(7);
  });

  it('add-one: with what a step needs', () => {
    expect(names('add-one')).toContain('depthwise-conv+inverted-bottleneck+move-up-depthwise');
  });

  it('takes what a base has already as it is: a step alone where its ground is there, nothing left out that does not fall', () => {
    const tiny = namedNetwork('convnext-tiny') as ConvNetwork;
    const entries = ['depthwise-conv', 'inverted-bottleneck', 'move-up-depthwise', 'fewer-norms'];
    const { road: short, problems } = resolveRoad(['fewer-norms', 'separate-downsampling'], catalogue, tiny);
    expect(problems).toEqual([]);
    const named = (strategy: Parameters<typeof variantsOf>[3], of = short) =>
      variantsOf('convnext-tiny', tiny, of, strategy).variants.map(({ name }) => name);
    expect(named('add-one')).toEqual(['convnext-tiny', 'fewer-norms', 'separate-downsampling']);
    // On a ResNet fewer-norms falls with each of the three; on a ConvNeXt only with the one whose place inverted-bottleneck took.
    const whole = resolveRoad(entries, catalogue, tiny).road;
    const without = variantsOf('convnext-tiny', tiny, whole, 'leave-one-out').variants.map(({ name, stepNames }) => [
      name,
      stepNames.length,
    ]);
    expect(without.slice(2)).toEqual([
      ['without-depthwise-conv', 3],
      ['without-inverted-bottleneck', 3],
      ['without-move-up-depthwise', 2],
      ['without-fewer-norms', 3],
    ]);
  });

  it('adds to a step what gives it its ground, once, in road order', () => {
    const ground = resolveRoad(
      ['gelu', 'depthwise-conv', 'inverted-bottleneck', 'move-up-depthwise', 'fewer-activations', 'fewer-norms'],
      catalogue,
      base,
    ).road;
    const alone = variantsOf('resnet-50', base, ground, 'add-one').variants.map(({ name }) => name);
    expect(alone.slice(-2)).toEqual([
      'depthwise-conv+inverted-bottleneck+move-up-depthwise+fewer-activations',
      'depthwise-conv+inverted-bottleneck+move-up-depthwise+fewer-norms',
    ]);
  });

  it('all: every combination that can be built, each once', () => {
    // training-recipe and gelu are free (4), depthwise and inverted too (4), move-up needs both (+1): 4 x 5 with the base.
    expect(names('all')).toHaveLength(20);
    expect(new Set(names('all')).size).toBe(20);
  });

  it('pairwise has no pair twice', () => {
    expect(new Set(names('pairwise')).size).toBe(names('pairwise').length);
  });

  it('trains by the base recipe until training-recipe, and by the recipe alone where the road lacks it', () => {
    const named = (of: Road) =>
      variantsOf('resnet-50', base, of, 'cumulative', ['swin-t'], recipes).variants.map(({ recipe }) => recipe?.name);
    expect(named(road)).toEqual(['before', ...Array(6).fill('modern')]);
    expect(named(parseRoad('gelu', catalogue))).toEqual(['modern', 'modern', 'modern']);
  });

  it('refuses combinations that nobody would train', () => {
    const free = paperSteps
      .map(({ id }) => id)
      .filter((id) => Object.keys(catalogue.get(id)?.requires ?? {}).length === 0);
    const many = parseRoad([...free, 'move-up-depthwise', 'fewer-norms', 'fewer-activations'].join(), catalogue);
    expect(() => variantsOf('resnet-50', base, many, 'all')).toThrow(RoadError);
  });
});

describe('any subset of steps in any order', () => {
  const ids = [...catalogue.keys()];
  const subset = fc.shuffledSubarray(ids);
  const size = fc.record({
    resolution: fc.integer({ min: 32, max: 320 }),
    widthScale: fc.constantFrom(1, 1 / 2, 1 / 4, 1 / 8),
    classes: fc.integer({ min: 1, max: 3000 }),
  });

  it('is built, or refused with the name of the step it needs', () => {
    fc.assert(
      fc.property(subset, size, fc.constantFrom('resnet-50', 'resnet-200'), (order, options, name) => {
        const steps = order.map((id) => ({
          id,
          options: catalogue.get(id)?.options.parse({}) as Record<string, unknown>,
        }));
        try {
          const { params } = countCost(
            buildModel(applySteps(namedNetwork(name, options) as ConvNetwork, steps, catalogue)),
          );
          expect(Number.isSafeInteger(params) && params > 0).toBe(true);
        } catch (error) {
          if (error instanceof LayerError) return;
          expect(error).toBeInstanceOf(RoadError);
          const [, step, needed] = /^(\S+) needs (\S+) before it: .{10,}/.exec((error as Error).message) ?? [];
          expect(order).toContain(step);
          expect(order.slice(0, order.indexOf(step as string))).not.toContain(needed);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same network in every order that is allowed', () => {
    const whole = ids.filter((id) => id !== 'final-norm');
    const call = (id: string) => ({ id, options: catalogue.get(id)?.options.parse({}) as Record<string, unknown> });
    const expected = applySteps(base, whole.map(call), catalogue);
    fc.assert(
      fc.property(fc.shuffledSubarray(whole, { minLength: whole.length }), (order) => {
        try {
          expect(applySteps(base, order.map(call), catalogue)).toEqual(expected);
        } catch (error) {
          if (!(error instanceof RoadError)) throw error;
        }
      }),
      { numRuns: 300 },
    );
  });
});
