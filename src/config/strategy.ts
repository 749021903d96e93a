import { z } from 'zod';

/** Every strategy that ships. All may be written by their names alone. */
export const strategyNames: readonly string[] = [
  'cumulative',
  'leave-one-out',
  'add-one',
  'permutations',
  'pairwise',
  'all',
  'factorial',
  'random-orders',
  'grid',
];

/** Networks grow as two to the number of steps; beyond these nobody trains them, and finding fractions takes long. */
export const mostOrdered = 12;
export const mostFactors = 10;

const names = (most: number, about: string) =>
  z.array(z.string()).min(2).max(most).nullable().default(null).describe(about);
const chosen = 'The entries of the road that are varied, by name; the others stay on. Null: all of them.';

const randomOrders = z.strictObject({
  name: z.literal('random-orders').describe('random-orders, factorial or grid.'),
  orders: z
    .int()
    .min(4)
    .max(1000)
    .multipleOf(2)
    .default(40)
    .describe(
      'How many orders are drawn, an even number: from 40 on each comes with its reverse, where no step needs another.',
    ),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1)
    .describe('Of the draw of the orders; not of any training.'),
  steps: names(mostOrdered, chosen),
});

const factorial = z.strictObject({
  name: z.literal('factorial').describe('random-orders, factorial or grid.'),
  steps: names(mostFactors, chosen),
  fraction: z
    .enum(['1/1', '1/2', '1/4', '1/8', '1/16', '1/32', '1/64'])
    .default('1/1')
    .describe('Share of all combinations that is trained; the fraction that mixes the fewest effects up is found.'),
});

const grid = z.strictObject({
  name: z.literal('grid').describe('random-orders, factorial or grid.'),
  steps: z
    .array(z.string())
    .length(2)
    .nullable()
    .default(null)
    .describe(
      'The two entries whose values are crossed, each a sweep; the others stay on. Null: the two sweeps of the road.',
    ),
});

/** Of a mapping with the name of a strategy that takes none. */
function optionless(input: unknown): string | undefined {
  const { name } = (input ?? {}) as { name?: unknown };
  return typeof name === 'string' && strategyNames.includes(name)
    ? `${name} has no options; write its name alone, \`strategy: ${name}\``
    : undefined;
}

/** How the networks of a road are chosen: a name alone, or a name with its options. */
export const strategySchema = z.union([
  z.enum(strategyNames),
  z.discriminatedUnion('name', [randomOrders, factorial, grid], { error: ({ input }) => optionless(input) }),
  z.string().max(60),
]);

export type StrategyConfig = z.infer<typeof strategySchema>;
export type StrategyOptions = Exclude<StrategyConfig, string>;

/** A strategy's name, however it is written. */
export const strategyName = (strategy: StrategyConfig): string =>
  typeof strategy === 'string' ? strategy : strategy.name;

/** A strategy that takes options, with its defaults where only its name is written; null for one that takes none. */
export function strategyOptions(strategy: StrategyConfig): StrategyOptions | null {
  if (typeof strategy !== 'string') return strategy;
  switch (strategy) {
    case 'random-orders':
      return randomOrders.parse({ name: strategy });
    case 'factorial':
      return factorial.parse({ name: strategy });
    case 'grid':
      return grid.parse({ name: strategy });
    default:
      return null;
  }
}
