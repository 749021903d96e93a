import type { Generator } from '../../random/generator.js';

/** Sets of steps as bits: step i is `1 << i`. */
export type Bits = number;

/** The sets that lie on some order in which every set on the way is lawful, and how many such orders there are. */
export interface OrderSpace {
  readonly steps: number;
  /** Orders from a set on to that of all steps; sets that lie on none are absent. */
  readonly after: ReadonlyMap<Bits, number>;
  readonly orders: number;
}

/** @param lawful whether a set of steps is a network; asked for every set that is reached, once */
export function orderSpace(steps: number, lawful: (set: Bits) => boolean): OrderSpace {
  const all = (1 << steps) - 1;
  const known = new Map<Bits, number>();
  const count = (set: Bits): number => {
    const before = known.get(set);
    if (before !== undefined) return before;
    let orders = set === all ? 1 : 0;
    for (let step = 0; step < steps; step++) {
      const next = set | (1 << step);
      if (next !== set && lawful(next)) orders += count(next);
    }
    known.set(set, orders);
    return orders;
  };
  const orders = count(0);
  return { steps, after: new Map([...known].filter(([, ways]) => ways > 0)), orders };
}

/** Of fewer draws than half of these the spread is told so badly that intervals miss the truth in one study of ten. */
const fewestPaired = 40;

/**
 * Whether orders are drawn each with its reverse: where that is one too, since no step needs another. What a step adds early
 * in the one it adds late in the other, so that two of them say more than two drawn apart.
 */
export const arePaired = ({ steps, after, orders }: OrderSpace, wanted: number): boolean =>
  after.size === 2 ** steps && wanted >= fewestPaired && orders > wanted;

/**
 * Draws orders without repetition, each order as likely as any other: the next step with the share of the orders that go
 * on from there, by their exact count. All of them where there are no more. `paired`: each with its reverse.
 */
export function drawOrders(space: OrderSpace, wanted: number, paired: boolean, random: Generator): number[][] {
  if (space.orders <= wanted) return allOrders(space);
  const drawn = new Map<string, number[]>();
  while (drawn.size < wanted) {
    const order = drawOne(space, random);
    drawn.set(order.join(), order);
    if (!paired) continue;
    const reverse = [...order].reverse();
    drawn.set(reverse.join(), reverse);
  }
  return [...drawn.values()];
}

function drawOne({ steps, after }: OrderSpace, random: Generator): number[] {
  const order: number[] = [];
  let set: Bits = 0;
  while (order.length < steps) {
    // Counts go up to 12!, which 32 bits hold.
    let left = random.below(after.get(set) as number);
    for (let step = 0; step < steps; step++) {
      const next = set | (1 << step);
      const ways = next === set ? 0 : (after.get(next) ?? 0);
      if (left < ways) {
        order.push(step);
        set = next;
        break;
      }
      left -= ways;
    }
  }
  return order;
}

function allOrders({ steps, after }: OrderSpace): number[][] {
  const from = (set: Bits, before: readonly number[]): number[][] => {
    if (before.length === steps) return [[...before]];
    return Array.from({ length: steps }, (_, step) => step).flatMap((step) => {
      const next = set | (1 << step);
      return next !== set && after.has(next) ? from(next, [...before, step]) : [];
    });
  };
  return from(0, []);
}
