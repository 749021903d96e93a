import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { recipeSchema, type Schedule } from '../../src/config/recipe.js';
import { peakLearningRate } from '../../src/training/optimizer.js';
import { countSteps, learningRate } from '../../src/training/schedule.js';

interface Case {
  readonly schedule: Schedule;
  readonly peak: number;
  readonly per_epoch: number;
  readonly epochs: number;
  readonly rates: readonly number[];
}

const cases: readonly Case[] = JSON.parse(
  readFileSync(new URL('../fixtures/training/schedules.json', import.meta.url), 'utf8'),
);

it.each(cases)('$schedule from $peak is what timm and PyTorch give', ({ schedule, peak, per_epoch, epochs, rates }) => {
  const count = countSteps(per_epoch * 32 + 5, 32, epochs);
  expect(count).toEqual({ perEpoch: per_epoch, total: rates.length });
  for (const [step, rate] of rates.entries()) {
    expect(Math.abs(learningRate(schedule, peak, step, count) - rate)).toBeLessThan(1e-12 * peak);
  }
});

it('the peak grows with the batch; a set smaller than a batch has one step an epoch', () => {
  const recipe = recipeSchema.parse({
    name: 'test',
    epochs: 1,
    batch_size: 64,
    reference_batch: 4096,
    optimizer: { name: 'adamw', learning_rate: 4e-3 },
    schedule: { name: 'constant' },
  });
  expect(peakLearningRate(recipe)).toBe(4e-3 / 64);
  expect(peakLearningRate({ ...recipe, reference_batch: null })).toBe(4e-3);
  expect(countSteps(10, 32, 2.5)).toEqual({ perEpoch: 1, total: 3 });
});
