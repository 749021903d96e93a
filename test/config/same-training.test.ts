/** Which recipes train alike: held against what draws, rates and parameters they give. */
import { describe, expect, test } from 'vitest';
import { merge } from '../../src/config/merge.js';
import { type Recipe, recipeSchema } from '../../src/config/recipe.js';
import { onlyEvaluatedApart, onlyRateApart, trainingOf } from '../../src/config/same-training.js';
import { drawMix } from '../../src/data/pictures/mixing.js';
import { createGenerator } from '../../src/random/generator.js';
import { peakLearningRate } from '../../src/training/optimizer.js';
import { learningRate } from '../../src/training/schedule.js';

const plain = {
  name: 'plain',
  epochs: 3,
  batch_size: 48,
  optimizer: { name: 'sgd', learning_rate: 0.1 },
  schedule: { name: 'step', every_epochs: 3, factor: 0.1 },
};
const recipeOf = (changes: object): Recipe => recipeSchema.parse(merge(plain, changes));
const alike = (one: object, other: object): boolean =>
  JSON.stringify(trainingOf(recipeOf(one))) === JSON.stringify(trainingOf(recipeOf(other)));

const augmented = (augmentation: object) => ({ augmentation });
const draws = (augmentation: object) =>
  Array.from({ length: 50 }, (_, batch) =>
    drawMix(recipeOf({ augmentation }).augmentation, 32, createGenerator(7, `mixing ${batch}`)),
  );

describe('mixing', () => {
  test.each<[boolean, object, object]>([
    [true, { mix_probability: 0.5 }, { mix_probability: 1, mix_switch_probability: 0.1 }],
    [true, { mixup: 0.8, mix_switch_probability: 0.1 }, { mixup: 0.8 }],
    [true, { cutmix: 1, mix_switch_probability: 0.1 }, { cutmix: 1 }],
    [true, { mixup: 0.8, cutmix: 1, mix_probability: 0 }, {}],
    [false, { mixup: 0.8, mix_probability: 0.5 }, { mixup: 0.8 }],
    [false, { mixup: 0.8, cutmix: 1, mix_switch_probability: 0.1 }, { mixup: 0.8, cutmix: 1 }],
    [false, { mixup: 0.8 }, { cutmix: 0.8 }],
  ])('%s: %j as %j, draw by draw', (same, one, other) => {
    expect(alike(augmented(one), augmented(other))).toBe(same);
    expect(JSON.stringify(draws(one)) === JSON.stringify(draws(other))).toBe(same);
  });
});

describe('the learning rate', () => {
  const rates = (recipe: Recipe) =>
    Array.from({ length: 60 }, (_, step) =>
      learningRate(recipe.schedule, peakLearningRate(recipe), step, { perEpoch: 20, total: 60 }),
    );
  test.each<[boolean, object, object]>([
    [true, {}, { schedule: { name: 'constant' } }],
    [true, { schedule: { factor: 0.5 } }, { schedule: { every_epochs: 9 } }],
    [true, { reference_batch: 48 }, {}],
    [false, { schedule: { every_epochs: 2.9 } }, {}],
    [false, { reference_batch: 64 }, {}],
  ])('%s: %j as %j, step by step', (same, one, other) => {
    expect(alike(one, other)).toBe(same);
    expect(JSON.stringify(rates(recipeOf(one))) === JSON.stringify(rates(recipeOf(other)))).toBe(same);
  });
});

test.each<[boolean, object, object]>([
  [true, { name: 'other', replaces: 'another' }, {}],
  [true, { micro_batch_size: 48 }, { micro_batch_size: 64, evaluation: { batch_size: 48 } }],
  [true, { optimizer: { decay_norms_and_biases: false } }, {}],
  [true, augmented({ random_crop: { padding: 0 }, color_jitter: 0 }), {}],
  [false, { optimizer: { weight_decay: 0.1, decay_norms_and_biases: false } }, { optimizer: { weight_decay: 0.1 } }],
  [false, { micro_batch_size: 24 }, {}],
  [false, { evaluation: { batch_size: 24 } }, {}],
  [false, { ema: { decay: 0.9 } }, {}],
])('%s: %j trains as %j', (same, one, other) => expect(alike(one, other)).toBe(same));

test('what two trainings differ in', () => {
  const [one, evaluated, faster] = [
    {},
    { evaluation: { batch_size: 24, every_epochs: 2 } },
    { optimizer: { learning_rate: 0.2 } },
  ].map((changes) => trainingOf(recipeOf(changes))) as [Recipe, Recipe, Recipe];
  expect(onlyEvaluatedApart(one, evaluated)).toEqual(['evaluation.batch_size', 'evaluation.every_epochs']);
  expect(onlyEvaluatedApart(faster, evaluated)).toEqual([]);
  expect(onlyRateApart(one, faster)).toBe(true);
  expect(onlyRateApart(evaluated, faster)).toBe(false);
  expect(onlyRateApart(one, one)).toBe(false);
});
