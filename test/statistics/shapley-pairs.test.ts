import { describe, expect, it } from 'vitest';
import { createGenerator, type Generator } from '../../src/random/generator.js';
import { drawOrders, orderSpace } from '../../src/roadmap/strategies/lawful-orders.js';
import type { BySeed } from '../../src/statistics/paired.js';
import { shapleyPairs } from '../../src/statistics/shapley-pairs.js';
import { game, type Worth } from './game.js';

/** Every order of some steps, and what is found of networks that are worth what a game says, give or take. */
function walksOf(steps: number, random: Generator) {
  return drawOrders(
    orderSpace(steps, () => true),
    Number.POSITIVE_INFINITY,
    false,
    random,
  ).map((order) => ({
    steps: order.map(String),
    networks: [0, ...order.map((_, at) => order.slice(0, at + 1).reduce((set, step) => set | (1 << step), 0))].map(
      String,
    ),
  }));
}

function trained(steps: number, worth: Worth, seeds: number, sd: number, random: Generator): Map<string, BySeed> {
  const common = Array.from({ length: seeds }, () => 0.3 * random.normal());
  return new Map(
    Array.from({ length: 1 << steps }, (_, set) => [
      String(set),
      new Map(common.map((shift, seed) => [seed, worth(set) + shift + sd * random.normal()])),
    ]),
  );
}

/** By definition: the mean over all orders in which one step comes directly after the other of what both give less what each gives. */
function bruteForce(steps: number, [a, b]: readonly [number, number], worth: Worth): number {
  const gains = drawOrders(
    orderSpace(steps, () => true),
    Number.POSITIVE_INFINITY,
    false,
    createGenerator(0, 'all'),
  )
    .filter((order) => order.indexOf(b) === order.indexOf(a) + 1)
    .map((order) => {
      const before = order.slice(0, order.indexOf(a)).reduce((set, step) => set | (1 << step), 0);
      return worth(before | (1 << a) | (1 << b)) - worth(before | (1 << a)) - worth(before | (1 << b)) + worth(before);
    });
  return gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
}

describe('what two steps give beyond their sum, over all orders', () => {
  const steps = 5;
  const random = createGenerator(11, 'pairs');
  const { worth, pairs } = game(steps, random);
  const walks = walksOf(steps, random);

  it('is the index of the definition, and of what groups of steps are worth', () => {
    const found = shapleyPairs(walks, trained(steps, worth, 1, 0, random));
    expect(found.map(({ steps: [a, b] }) => [Number(a), Number(b)])).toEqual(pairs.map(({ steps: own }) => own));
    found.forEach(({ value, error, interval }, at) => {
      const { steps: own, value: right } = pairs[at] as (typeof pairs)[number];
      expect(value).toBeCloseTo(right, 9);
      expect(value).toBeCloseTo(bruteForce(steps, own, worth), 9);
      expect([error, interval]).toEqual([null, null]);
    });
  });

  it('is not told where a set of steps was not trained', () => {
    const results = trained(steps, worth, 2, 0.5, random);
    expect(shapleyPairs(walks, results)).toHaveLength(10);
    results.delete('6');
    expect(shapleyPairs(walks, results)).toEqual([]);
    expect(shapleyPairs(walks.slice(0, 4), trained(steps, worth, 2, 0.5, random))).toEqual([]);
    expect(shapleyPairs([], new Map())).toEqual([]);
  });

  it('holds the choice of test pictures in a sum that is none of the accuracies', () => {
    const results = trained(steps, worth, 2, 0.5, random);
    const without = shapleyPairs(walks, results);
    const withThem = shapleyPairs(walks, results, (weights) => {
      expect([...weights.values()].reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(0, 9);
      return 0.04;
    });
    without.forEach(({ error }, at) => {
      expect(withThem[at]?.error?.pictures).toBeCloseTo(0.2, 12);
      expect((withThem[at]?.error?.total as number) ** 2).toBeCloseTo((error?.total as number) ** 2 + 0.04, 9);
    });
  });

  it.each([
    { seeds: 2, sd: 0.3, size: 6 },
    { seeds: 3, sd: 0.5, size: 4 },
    { seeds: 2, sd: 0.5, size: 3 },
  ])('holds the true ones at the rate that it states: $size steps, $seeds seeds', ({ seeds, sd, size }) => {
    const chance = createGenerator(13, `pairs of ${size}`);
    const all = walksOf(size, chance);
    const studies = 300;
    let [together, stated, squared] = [0, 0, 0];
    for (let study = 0; study < studies; study++) {
      const { worth: own, pairs: right } = game(size, chance);
      const found = shapleyPairs(all, trained(size, own, seeds, sd, chance));
      const inside = found.map(({ interval }, at) => {
        const [low, high] = interval as readonly [number, number];
        const value = right[at]?.value as number;
        return low <= value && value <= high;
      });
      if (inside.every(Boolean)) together++;
      for (const [at, { value, error }] of found.entries()) {
        stated += (error?.total as number) ** 2;
        squared += (value - (right[at]?.value as number)) ** 2;
      }
    }
    expect(together / studies).toBeGreaterThan(0.92);
    expect(stated / squared).toBeGreaterThan(0.88);
    expect(stated / squared).toBeLessThan(1.2);
  });
});
