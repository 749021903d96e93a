import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGenerator, type Generator } from '../../src/random/generator.js';
import { arePaired, drawOrders, orderSpace } from '../../src/roadmap/strategies/lawful-orders.js';
import type { BySeed } from '../../src/statistics/paired.js';
import { shapley, type Shapley, type ShapleyOptions } from '../../src/statistics/shapley.js';
import { game, type Worth } from './game.js';

const nameOf = (set: number) => `set-${set}`;
const stepName = (step: number) => `step-${step}`;
const setOf = (on: readonly number[]) => on.reduce((set, step) => set | (1 << step), 0);
const everySet = () => true;

interface Played {
  readonly steps: number;
  readonly orders: number;
  readonly seeds: number;
  readonly worth: Worth;
  readonly sd: number;
  readonly lawful?: (set: number) => boolean;
  readonly random: Generator;
  readonly pictures?: ShapleyOptions['pictures'];
}

/** Draws orders, "trains" every network on them once and computes the values. */
function play({ steps, orders, seeds, worth, sd, lawful = everySet, random, pictures }: Played): Shapley {
  const space = orderSpace(steps, lawful);
  const paired = arePaired(space, orders);
  const walks = drawOrders(space, orders, paired, random).map((order) => ({
    steps: order.map(stepName),
    networks: [[], ...order.map((_, at) => order.slice(0, at + 1))].map((on) => nameOf(setOf(on))),
  }));
  // What a seed does to all networks alike is in none of the values.
  const common = Array.from({ length: seeds }, () => 0.3 * random.normal());
  const results = new Map<string, BySeed>(
    [...space.after.keys()].map((set) => [
      nameOf(set),
      new Map(common.map((shift, seed) => [seed, worth(set) + shift + sd * random.normal()])),
    ]),
  );
  const reached = new Map(walks.flatMap(({ networks }) => networks.map((name) => [name, results.get(name) as BySeed])));
  return shapley(walks, reached, {
    paired,
    lawfulOrders: space.orders,
    lawfulSets: space.after.size,
    ...(pictures && { pictures }),
  }) as Shapley;
}

/** By definition: the mean over every lawful order of what a step adds. */
function bruteForce(steps: number, worth: Worth, lawful = everySet as (set: number) => boolean): number[] {
  const sums = Array.from({ length: steps }, () => 0);
  let count = 0;
  const go = (set: number, gains: readonly [number, number][]): void => {
    if (gains.length === steps) {
      count++;
      for (const [step, gain] of gains) (sums[step] as number) += gain;
      return;
    }
    for (let step = 0; step < steps; step++) {
      const next = set | (1 << step);
      if (next !== set && lawful(next)) go(next, [...gains, [step, worth(next) - worth(set)]]);
    }
  };
  go(0, []);
  return sums.map((sum) => sum / count);
}

/** Step 2 needs step 1, step 3 needs steps 0 or 2. */
const needy = (set: number) => !(set & 4 && !(set & 2)) && !(set & 8 && !(set & 5));

describe('Shapley values', () => {
  it('are those of the definition where every set was trained, with and without requirements', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 16, maxLength: 16 }), (worths) => {
        const worth = (set: number) => worths[set] as number;
        for (const lawful of [everySet, needy]) {
          const played = { steps: 4, orders: 24, seeds: 1, worth, sd: 0, lawful, random: createGenerator(0, 'none') };
          const { values, exact, whole } = play(played);
          const right = bruteForce(4, worth, lawful);
          expect(exact).toBe(true);
          values.forEach(({ value }, at) => expect(value).toBeCloseTo(right[at] as number, 9));
          expect(values.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(whole, 9);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('share alike what steps give in company', () => {
    const { worth, values } = game(5, createGenerator(5, 'game'));
    bruteForce(5, worth).forEach((value, at) => expect(value).toBeCloseTo(values[at] as number, 9));
  });

  it('sum to the whole difference, whatever orders were drawn', () => {
    const random = createGenerator(3, 'efficiency');
    const { values, whole, exact } = play({
      steps: 6,
      orders: 8,
      seeds: 3,
      worth: game(6, random).worth,
      sd: 0.5,
      random,
    });
    expect(exact).toBe(false);
    expect(values.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(whole, 9);
  });

  it('lie between the least and the most that a step added, of all sets where all were trained', () => {
    const parts = new Map([
      ['', 70],
      ['a', 72],
      ['b', 69],
      ['c', 70.5],
      ['ab', 72.5],
      ['ac', 74.5],
      ['bc', 69.5],
      ['abc', 73],
    ]);
    const nameOf = (steps: readonly string[]) => [...steps].sort().join('');
    const walks = ['abc', 'cba', 'bac', 'cab'].map((order) => ({
      steps: [...order],
      networks: [0, 1, 2, 3].map((count) => nameOf([...order.slice(0, count)])),
    }));
    const results = new Map([...parts].map(([name, top1]) => [name, new Map([[0, top1]])]));
    const found = shapley(walks, results, { paired: false, lawfulOrders: 6, lawfulSets: 8 });
    // c adds 0.5 to nothing, to b and to ab, 2.5 to a, which no drawn order shows.
    expect(found?.values.find(({ step }) => step === 'c')?.range).toEqual([0.5, 2.5]);
    for (const { value, range } of found?.values ?? []) {
      expect(value).toBeGreaterThanOrEqual(range[0]);
      expect(value).toBeLessThanOrEqual(range[1]);
    }
  });

  it('hold the choice of test pictures, where it is known, beside orders and seeds', () => {
    const random = createGenerator(9, 'pictures');
    const played = { steps: 6, orders: 20, seeds: 3, worth: game(6, random).worth, sd: 0.5 };
    const without = play({ ...played, random: createGenerator(1, 'same') });
    const asked: number[] = [];
    const withThem = play({
      ...played,
      random: createGenerator(1, 'same'),
      pictures: (weights) => {
        asked.push([...weights.values()].reduce((sum, weight) => sum + weight, 0));
        return 0.04;
      },
    });
    // A worth is a difference: its weights sum to nothing.
    expect(asked).toHaveLength(6);
    for (const sum of asked) expect(sum).toBeCloseTo(0, 9);
    without.values.forEach(({ error, interval }, at) => {
      const wider = withThem.values[at] as (typeof withThem.values)[number];
      expect(error?.pictures).toBeNull();
      expect(wider.error?.pictures).toBeCloseTo(0.2, 12);
      expect((wider.error?.total as number) ** 2).toBeCloseTo((error?.total as number) ** 2 + 0.04, 9);
      expect(wider.interval?.[1]).toBeGreaterThan(interval?.[1] as number);
    });
  });

  it('leave an order out of which a network is missing, and its reverse where the two are one draw', () => {
    const walks = [
      { steps: ['a', 'b', 'c'], networks: ['0', 'a', 'ab', 'abc'] },
      { steps: ['c', 'b', 'a'], networks: ['0', 'c', 'bc', 'abc'] },
      { steps: ['b', 'a', 'c'], networks: ['0', 'b', 'ab', 'abc'] },
      { steps: ['c', 'a', 'b'], networks: ['0', 'c', 'ac', 'abc'] },
    ];
    const results = (names: readonly string[]) => new Map(names.map((name, at) => [name, new Map([[0, at]])]));
    const options = { paired: true, lawfulOrders: 6, lawfulSets: 8 };
    const found = shapley(walks, results(['0', 'a', 'ab', 'abc', 'bc', 'c', 'b']), options);
    expect([found?.orders, found?.drawn, found?.exact]).toEqual([2, 4, false]);
    expect(shapley(walks, results(['a', 'ab', 'abc']), options)).toBeNull();
  });

  const cells = [
    { name: 'six steps, 20 orders of 720', steps: 6, orders: 20, seeds: 3, sd: 0.5 },
    { name: 'orders decide, seeds hardly', steps: 6, orders: 40, seeds: 2, sd: 0.05 },
    { name: 'seeds decide, orders hardly', steps: 5, orders: 40, seeds: 3, sd: 2 },
    { name: 'every set', steps: 4, orders: 24, seeds: 3, sd: 0.5 },
    { name: 'with requirements', steps: 5, orders: 20, seeds: 3, sd: 0.5, lawful: needy },
  ];
  it.each(cells)('hold the true ones at the rate that they state: $name', ({ name, ...cell }) => {
    const random = createGenerator(7, name);
    const studies = 300;
    let [together, stated, squared] = [0, 0, 0];
    for (let study = 0; study < studies; study++) {
      const { worth, values: shared } = game(cell.steps, random);
      const right = cell.lawful ? bruteForce(cell.steps, worth, cell.lawful) : shared;
      const { values } = play({ ...cell, worth, random });
      const inside = values.map(({ interval }, at) => {
        const [low, high] = interval as readonly [number, number];
        return low <= (right[at] as number) && (right[at] as number) <= high;
      });
      if (inside.every(Boolean)) together++;
      for (const [at, { value, error }] of values.entries()) {
        stated += (error?.total as number) ** 2;
        squared += (value - (right[at] as number)) ** 2;
      }
    }
    // 95 % by Bonferroni, and no wider than it need be: the mean stated variance is that of the errors.
    expect(together / studies).toBeGreaterThan(0.92);
    expect(stated / squared).toBeGreaterThan(0.88);
    expect(stated / squared).toBeLessThan(1.2);
  });
});
