import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namedNetwork } from '../../src/architecture/models.js';
import type { ConvNetwork } from '../../src/architecture/network.js';
import { merge } from '../../src/config/merge.js';
import { recipeField, shortName } from '../../src/config/recipe-fields.js';
import { recipeSchema } from '../../src/config/recipe.js';
import { createCatalogue, RoadError } from '../../src/roadmap/catalogue.js';
import { resolveRoad } from '../../src/roadmap/road.js';
import type { StrategyConfig } from '../../src/config/strategy.js';
import { variantsOf } from '../../src/roadmap/variants.js';

const catalogue = createCatalogue();
const network = namedNetwork('resnet-50') as ConvNetwork;
const common = { epochs: 3, batch_size: 64, schedule: { name: 'cosine' } };
const recipe = recipeSchema.parse({
  ...common,
  name: 'modern',
  optimizer: { name: 'adamw', learning_rate: 2e-3, weight_decay: 0.05 },
  ema: { decay: 0.99 },
  augmentation: { mixup: 0.8, random_crop: { padding: 2 } },
});
const before = recipeSchema.parse({ ...common, name: 'before', optimizer: { name: 'sgd', learning_rate: 0.1 } });
const recipes = { recipe, base: before };
const resolved = (entries: unknown[]) => resolveRoad(entries, catalogue, network, recipes);
const walked = (entries: unknown[], strategy: StrategyConfig = 'cumulative') => {
  const { road, problems } = resolved(entries);
  expect(problems).toEqual([]);
  return variantsOf('resnet-50', network, road, strategy, [], recipes).variants;
};

describe('an entry of recipe fields', () => {
  it.each<[object, string, string, object]>([
    [{ mixup: 0 }, 'mixup-0', 'mixup 0', { augmentation: { mixup: 0 } }],
    [{ 'augmentation.mixup': 0 }, 'mixup-0', 'mixup 0', { augmentation: { mixup: 0 } }],
    [{ augmentation: { mixup: 0 } }, 'mixup-0', 'mixup 0', { augmentation: { mixup: 0 } }],
    [{ ema: null }, 'ema-null', 'ema null', { ema: null }],
    [{ ema: { decay: 0.9 } }, 'ema.decay-0.9', 'ema decay 0.9', { ema: { decay: 0.9 } }],
    [
      { padding: 4 },
      'random_crop.padding-4',
      'random crop padding 4',
      { augmentation: { random_crop: { padding: 4 } } },
    ],
    [{ learning_rate: 0.002 }, 'learning_rate-0.002', 'learning rate 0.002', { optimizer: { learning_rate: 0.002 } }],
    [{ betas: [0.9, 0.99] }, 'betas-0.9-0.99', 'betas 0.9-0.99', { optimizer: { betas: [0.9, 0.99] } }],
    [
      { optimizer: { name: 'sgd', learning_rate: 0.1 } },
      'optimizer-sgd-learning_rate-0.1',
      'optimizer sgd-learning_rate-0.1',
      { optimizer: { name: 'sgd', learning_rate: 0.1 } },
    ],
    [
      { 'evaluation.every_epochs': 3 },
      'evaluation.every_epochs-3',
      'evaluation every epochs 3',
      { evaluation: { every_epochs: 3 } },
    ],
    [
      { mixup: 0, cutmix: 0.5 },
      'mixup-0-cutmix-0.5',
      'mixup 0, cutmix 0.5',
      { augmentation: { mixup: 0, cutmix: 0.5 } },
    ],
    [
      { random_crop: null, random_resized_crop: {} },
      'random_crop-null-random_resized_crop-defaults',
      'random crop null, random resized crop defaults',
      { augmentation: { random_crop: null, random_resized_crop: {} } },
    ],
  ])('%j is %s', (fields, name, title, options) => {
    const [, variant] = walked([{ recipe: fields }]);
    expect(variant).toMatchObject({ name, title, group: 'Recipe', network, steps: [{ id: 'recipe', options }] });
    const { name: named, ...made } = variant?.recipe ?? { name: '' };
    expect(named).toBe(`modern, ${name}`);
    const { name: _, ...expected } = recipeSchema.parse(merge(recipe, options));
    expect(made).toEqual(expected);
  });

  it('as a sweep: its values branch off, the road goes on with the one adopted', () => {
    const rate = { sweep: [1e-3, 2e-3, 4e-3], adopt: 4e-3 };
    const variants = walked([{ recipe: { 'optimizer.learning_rate': rate } }, { recipe: { mixup: 0 } }]);
    expect(
      variants.map(({ name, parent, recipe }) => [
        name,
        parent,
        recipe?.optimizer.learning_rate,
        recipe?.augmentation.mixup,
      ]),
    ).toEqual([
      ['resnet-50', null, 2e-3, 0.8],
      ['learning_rate-0.001', 'resnet-50', 1e-3, 0.8],
      ['learning_rate-0.002', 'resnet-50', 2e-3, 0.8],
      ['learning_rate-0.004', 'resnet-50', 4e-3, 0.8],
      ['mixup-0', 'learning_rate-0.004', 4e-3, 0],
    ]);
  });

  it.each<[unknown, (string | number)[], string]>([
    ['recipe', [], 'expected fields of the recipe'],
    [{ recipe: 'off' }, ['recipe'], 'put a # before it'],
    [{ recipe: {} }, ['recipe'], 'expected fields of the recipe'],
    [{ recipe: { mixpu: 0 } }, ['recipe', 'mixpu'], 'no field "mixpu"; did you mean "mixup"?'],
    [
      { recipe: { augmentation: { flp: true } } },
      ['recipe', 'augmentation', 'flp'],
      'did you mean "augmentation.flip"?',
    ],
    [
      { recipe: { every_epochs: 1 } },
      ['recipe', 'every_epochs'],
      'write schedule.every_epochs or evaluation.every_epochs',
    ],
    [{ recipe: { name: 'x' } }, ['recipe', 'name'], 'changes no number'],
    [{ recipe: { extends: 'compact' } }, ['recipe', 'extends'], 'changes no number'],
    [{ recipe: { mixup: -1 } }, ['recipe', 'mixup'], 'expected at least 0, found -1'],
    [{ recipe: { flip: 'off' } }, ['recipe', 'flip'], 'expected true or false, found "off"'],
    [{ recipe: { momentum: 0.9 } }, ['recipe', 'momentum'], 'there is no field "momentum" here; there are name'],
    [{ recipe: { ema: { decay: 2 } } }, ['recipe', 'ema', 'decay'], 'expected less than 1, found 2'],
    [{ recipe: { random_crop: null, scale: [1, 0.5] } }, ['recipe', 'scale'], 'expected the smaller number first'],
    [{ recipe: { reference_batch: 1, final_learning_rate: 1 } }, ['recipe', 'final_learning_rate'], 'at most the peak'],
    [{ recipe: { batch_size: 60 } }, ['recipe'], 'micro_batch_size: expected a divisor of the batch_size 60'],
    [
      { recipe: { mixup: { sweep: [0, -1], adopt: 0 } } },
      ['recipe', 'mixup', 'sweep', 1],
      'expected at least 0, found -1',
    ],
    [{ recipe: { mixup: { sweep: [0, 1] } } }, ['recipe', 'mixup'], 'write `adopt:`'],
    [{ recipe: { mixup: { sweep: [0, 1], adopt: 0 }, cutmix: 0 } }, ['recipe', 'mixup'], 'a sweep is over one field'],
  ])('%j is refused at its place: %s', (entry, path, message) => {
    const eight = { recipe: { micro_batch_size: 16 } };
    const { problems } = resolved([eight, entry]);
    expect(problems.map((problem) => problem.path)).toEqual([['road', 1, ...path]]);
    expect(problems[0]?.message).toContain(message);
  });

  it('may stand on a road often, each field once', () => {
    const twice = [{ recipe: { mixup: 0 } }, { recipe: { cutmix: 0 } }, { recipe: { 'augmentation.mixup': 1 } }];
    expect(resolved(twice).problems.map(({ message }) => message)).toEqual([
      "the recipe's mixup is on the road twice; keep one entry, or sweep over its values",
    ]);
  });
});

describe('what a field needs of the recipe', () => {
  const entries = ['training-recipe', { recipe: { betas: [0.9, 0.99] } }, { recipe: { drop_path: 0.1 } }];

  it('falls with the step that gives it', () => {
    const without = walked(entries, 'leave-one-out').map(({ name, stepNames }) => [name, ...stepNames]);
    expect(without.slice(2)).toEqual([
      ['without-training-recipe', 'drop_path-0.1'],
      ['without-betas', 'training-recipe', 'drop_path-0.1'],
      ['without-drop_path', 'training-recipe', 'betas-0.9-0.99'],
    ]);
  });

  it('brings that step along', () => {
    expect(walked(entries, 'add-one').map(({ name, recipe }) => [name, recipe?.optimizer.name])).toEqual([
      ['resnet-50', 'sgd'],
      ['training-recipe', 'adamw'],
      ['training-recipe+betas-0.9-0.99', 'adamw'],
      ['drop_path-0.1', 'sgd'],
    ]);
    expect(walked(entries, 'all')).toHaveLength(6);
  });
});

it('any toggles in any order, by any strategy, give the recipe that has the fields, or are refused', () => {
  const toggle = fc.oneof(
    fc.record({ mixup: fc.constantFrom(0, 0.4, -1) }),
    fc.record({ ema: fc.constantFrom(null, { decay: 0.9 }, { decay: 1 }) }),
    fc.record({ optimizer: fc.constantFrom({ name: 'sgd', learning_rate: 0.1 }, { weight_decay: 0.1 }) }),
    fc.record({ betas: fc.constantFrom([0.9, 0.95], [1, 1]) }),
    fc.record({ momentum: fc.constant(0.5) }),
    fc.record({ schedule: fc.constantFrom({ name: 'constant' }, { warmup_epochs: 1 }, { every_epochs: 1 }) }),
    fc.record({ micro_batch_size: fc.constantFrom(16, 7) }),
  );
  const strategies: Strategy[] = ['cumulative', 'leave-one-out', 'add-one', 'pairwise', 'all', 'permutations'];
  fc.assert(
    fc.property(
      fc.array(toggle, { minLength: 1, maxLength: 5 }),
      fc.constantFrom(...strategies),
      (fields, strategy) => {
        const { road, problems } = resolved(fields.map((recipe) => ({ recipe })));
        if (problems.length > 0) return;
        try {
          for (const variant of variantsOf('resnet-50', network, road, strategy, [], recipes).variants) {
            const expected = variant.steps.reduce<unknown>((made, { options }) => merge(made, options), recipe);
            expect({ ...variant.recipe, name: '' }).toEqual({ ...recipeSchema.parse(expected), name: '' });
          }
        } catch (error) {
          // A set of them may be none together: that is said of an entry.
          expect(error).toBeInstanceOf(RoadError);
          expect(road.map(({ name }) => name)).toContain((error as RoadError).step);
        }
      },
    ),
    { numRuns: 200, interruptAfterTimeLimit: 5000 },
  );
});

it('every field of a recipe is found by the name that variants have of it', () => {
  for (const path of [
    'epochs',
    'augmentation.mixup',
    'ema.decay',
    'optimizer.name',
    'schedule.every_epochs',
    'evaluation.batch_size',
  ])
    expect(recipeField(path)).toBe(path);
  expect(['mixup', 'decay', 'padding', 'batch_size'].map(recipeField)).toEqual([
    'augmentation.mixup',
    'ema.decay',
    'augmentation.random_crop.padding',
    'batch_size',
  ]);
  expect(['evaluation.batch_size', 'batch_size', 'optimizer.name'].map(shortName)).toEqual([
    'evaluation.batch_size',
    'batch_size',
    'optimizer.name',
  ]);
});
