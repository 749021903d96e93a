import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createGenerator, permutation } from '../../../src/random/generator.js';
import { drawOrders, orderSpace } from '../../../src/roadmap/strategies/lawful-orders.js';

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));

it('counts and lists exactly the orders in which each step finds what it needs', () => {
  // needs[i]: the steps that i needs, all before it in number, so that some order is lawful.
  const needs = fc
    .array(fc.nat(), { minLength: 2, maxLength: 5 })
    .map((seeds) => seeds.map((seed, step) => seed % (1 << step)));
  fc.assert(
    fc.property(needs, (own) => {
      const lawful = (set: number) => own.every((need, step) => !(set & (1 << step)) || (set & need) === need);
      const space = orderSpace(own.length, lawful);
      const drawn = drawOrders(space, 1000, false, createGenerator(1, 'test')).map((order) => order.join());
      const right = new Set<string>();
      const random = createGenerator(2, 'test');
      for (let draw = 0; draw < 60 * factorial(own.length); draw++) {
        const order = [...permutation(own.length, random)];
        const before = (at: number) => order.slice(0, at + 1).reduce((set, step) => set | (1 << step), 0);
        if (order.every((_, at) => lawful(before(at)))) right.add(order.join());
      }
      expect(new Set(drawn)).toEqual(right);
      expect(space.orders).toBe(right.size);
    }),
    { numRuns: 30 },
  );
});

it('draws each lawful order as often as any other', () => {
  // Step 1 needs 0 and step 3 needs 1: of 24 orders 4 are lawful, and a walk that picks steps evenly would favour some.
  const lawful = (set: number) => !(set & 2 && !(set & 1)) && !(set & 8 && !(set & 2));
  const space = orderSpace(4, lawful);
  expect(space.orders).toBe(4);
  const counts = new Map<string, number>();
  const random = createGenerator(5, 'orders');
  for (let draw = 0; draw < 4000; draw++) {
    const [order] = drawOrders(space, 1, false, random) as [number[]];
    counts.set(order.join(), (counts.get(order.join()) ?? 0) + 1);
  }
  expect([...counts.values()].every((count) => Math.abs(count - 1000) < 120)).toBe(true);
});

it('draws no order twice, and each beside its reverse where they come in twos', () => {
  const space = orderSpace(6, () => true);
  const drawn = drawOrders(space, 40, true, createGenerator(1, 'orders'));
  expect(new Set(drawn.map((order) => order.join())).size).toBe(40);
  for (let at = 0; at < 40; at += 2) expect([...(drawn[at] as number[])].reverse()).toEqual(drawn[at + 1]);
  expect(drawOrders(space, 40, true, createGenerator(1, 'orders'))).toEqual(drawn);
});
