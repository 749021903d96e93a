import { describe, expect, it } from 'vitest';
import { parseRecipe } from '../../src/config/parse.js';
import type { Recipe } from '../../src/config/recipe.js';
import { recipeFile } from '../../src/config/recipes.js';
import { courseOf } from '../../src/training/course.js';

const shipped = async (name: string): Promise<Recipe> => {
  const { recipe } = await parseRecipe((await recipeFile(name, '.')) as string);
  return recipe as Recipe;
};
const imageNet = 1_281_167;

describe('what the shipped recipes do over ImageNet-1K', () => {
  it('paper-300-epochs: 312 steps an epoch, 20 epochs up to 4e-3, a cosine down to 1e-6', async () => {
    const { steps, points } = courseOf(await shipped('paper-300-epochs'), imageNet, Number.POSITIVE_INFINITY);
    expect(steps).toEqual({ perEpoch: 312, total: 93_600 });
    expect(points[0]?.learningRate).toBe(0);
    expect(points[20 * 312 - 1]?.learningRate).toBeCloseTo(4e-3, 12);
    expect(points[20 * 312]?.learningRate).toBeCloseTo(4e-3, 12);
    // Halfway down the cosine.
    expect(points[160 * 312]?.learningRate).toBeCloseTo((4e-3 + 1e-6) / 2, 8);
    expect(points.at(-1)?.learningRate).toBeCloseTo(1e-6, 8);
    expect(points[20 * 312]?.decay).toBeCloseTo(4e-3 * 0.05, 12);
  });

  it('torchvision-90-epochs: tenths after 30 and 60 epochs', async () => {
    const { steps, points } = courseOf(await shipped('torchvision-90-epochs'), imageNet, Number.POSITIVE_INFINITY);
    const at = (epoch: number) => points[epoch * steps.perEpoch]?.learningRate;
    expect([at(0), at(29), at(30), at(59), at(60), at(89)].map((rate) => rate?.toPrecision(6))).toEqual(
      [0.1, 0.1, 0.01, 0.01, 0.001, 0.001].map((rate) => rate.toPrecision(6)),
    );
  });

  it('a batch of a quarter takes a quarter of the learning rate', async () => {
    const recipe = await shipped('paper-300-epochs');
    expect(courseOf({ ...recipe, batch_size: 1024 }, imageNet, 2).peak).toBe(1e-3);
  });
});

it('keeps both ends however few points are asked for', async () => {
  const { points, steps } = courseOf(await shipped('compact'), 60_000, 3);
  expect(points.map(({ step }) => step)).toEqual([0, Math.round((steps.total - 1) / 2), steps.total - 1]);
});
