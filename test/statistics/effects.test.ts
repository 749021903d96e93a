import { describe, expect, it } from 'vitest';
import { type Combination, contextEffects, interactions, stepEffects } from '../../src/statistics/effects.js';

/** Accuracy = 70 + 2 a + 1 b + 0.5 c, and a and b together give 3 more. */
function train(steps: readonly string[], seeds = [0, 1, 2]): Combination {
  const worth: Record<string, number> = { a: 2, b: 1, c: 0.5 };
  const together = steps.includes('a') && steps.includes('b') ? 3 : 0;
  const mean = 70 + steps.reduce((sum, step) => sum + (worth[step] ?? 0), 0) + together;
  return { name: steps.join('+') || 'base', steps, results: new Map(seeds.map((seed) => [seed, mean + seed / 10])) };
}

describe('effects of steps in their company', () => {
  it('finds one context a step on a cumulative road', () => {
    const road = [[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map((steps) => train(steps));
    expect(contextEffects(road).map(({ step, withStep, without }) => `${step}: ${withStep} - ${without}`)).toEqual([
      'a: a - base',
      'b: a+b - a',
      'c: a+b+c - a+b',
    ]);
    expect(contextEffects(road)[1]?.difference.mean).toBeCloseTo(4, 10);
    expect(interactions(road)).toEqual([]);
  });

  it('shows where an effect depends on the others (leave-one-out beside add-one)', () => {
    const variants = [[], ['a'], ['b'], ['c'], ['a', 'b', 'c'], ['b', 'c'], ['a', 'c'], ['a', 'b']].map((steps) =>
      train(steps),
    );
    const effects = stepEffects(variants);
    expect(effects.map(({ step }) => step)).toEqual(['a', 'b', 'c']);
    const [a, , c] = effects;
    expect(a?.range[0]).toBeCloseTo(2, 10);
    expect(a?.range[1]).toBeCloseTo(5, 10);
    expect(c?.range[1]).toBeCloseTo(0.5, 10);
  });

  it('measures an interaction as what two steps give beyond their sum, over the seeds of all four corners', () => {
    const square = [train([], [0, 1, 2, 3]), train(['a']), train(['b'], [1, 2]), train(['b', 'a'])];
    const [found, ...others] = interactions(square);
    expect(others).toEqual([]);
    expect(found?.steps).toEqual(['b', 'a']);
    expect(found?.difference.seeds).toEqual([1, 2]);
    expect(found?.difference.unpaired).toEqual([0, 3]);
    expect(found?.difference.mean).toBeCloseTo(3, 10);
  });

  it('takes a set of steps in another order where this order was not trained', () => {
    const [effect] = contextEffects([train(['b', 'a']), train(['a', 'b', 'c'])]).filter(({ step }) => step === 'c');
    expect(effect).toMatchObject({ withStep: 'a+b+c', without: 'b+a', context: ['a', 'b'] });
  });
});
