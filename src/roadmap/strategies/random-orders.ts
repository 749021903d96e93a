import { createGenerator } from '../../random/generator.js';
import type { OrdersArrangement } from '../arrangement.js';
import { RoadError } from '../catalogue.js';
import { mostVariants } from '../combinations.js';
import type { Toggles } from '../toggles.js';
import type { Variant } from '../variant.js';
import { arePaired, type Bits, drawOrders, orderSpace } from './lawful-orders.js';
import { setNetworks } from './sets.js';

/** More steps have more sets than anyone looks at. */
const mostSteps = 12;

/**
 * The networks on random orders of the varied steps. An order is lawful where every step finds what it needs; of the lawful
 * ones `orders` are drawn, each as likely as any other and none twice. A set of steps is one network, built in the road's
 * order, whatever order reached it.
 */
export function randomOrders(
  parts: Toggles,
  base: Variant,
  { orders, seed }: { readonly orders: number; readonly seed: number },
): { variants: Variant[]; arrangement: OrdersArrangement } {
  const { chosen } = parts;
  if (chosen.length < 2) throw new RoadError('random-orders needs two steps at least; orders of one are all the same');
  if (chosen.length > mostSteps)
    throw new RoadError(
      `random-orders takes at most ${mostSteps} steps, and the road has ${chosen.length}; name those to vary under \`steps\``,
    );
  const networks = setNetworks(parts, base);
  const space = orderSpace(chosen.length, networks.lawful);
  const paired = arePaired(space, orders);
  const drawn = drawOrders(space, orders, paired, createGenerator(seed, 'orders of steps'));
  const all: Bits = (1 << chosen.length) - 1;
  const made = new Map<Bits, Variant>([[0, networks.network(0)]]);
  const start = made.get(0) as Variant;
  const walks = drawn.map((order) => {
    let set: Bits = 0;
    const way = [start];
    for (const step of order) {
      set |= 1 << step;
      const network = made.get(set) ?? networks.network(set, set === all ? { parent: start.name } : {});
      made.set(set, network);
      way.push(network);
    }
    return {
      steps: order.map((step) => (chosen[step] as Toggles['chosen'][number]).name),
      networks: way.map(({ name }) => name),
    };
  });
  if (made.size > mostVariants)
    throw new RoadError(`${orders} orders reach more than ${mostVariants} networks; take fewer steps or orders`);
  const variants = [...made].sort(([a], [b]) => size(a) - size(b)).map(([, network]) => network);
  return {
    variants,
    arrangement: {
      kind: 'random-orders',
      steps: chosen.map(({ name }) => name),
      orders: walks,
      lawfulOrders: space.orders,
      lawfulSets: space.after.size,
      paired,
    },
  };
}

const size = (set: Bits): number => set.toString(2).replaceAll('0', '').length;
