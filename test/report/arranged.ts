/** Records made up for strategies whose networks are more to each other than parents and children. */
import type { PlanRecord } from '../../src/records/plan.js';
import type { Synthetic, SyntheticVariant } from './synthetic.js';

const worth: Readonly<Record<string, number>> = { a: 2, b: -1, c: 0.5 };
const spread = [0.1, -0.15, 0.05];

/** 70 and what each step is worth; a and b together give 1.5 more. */
function network(steps: readonly string[], at: number): SyntheticVariant {
  const together = steps.includes('a') && steps.includes('b') ? 1.5 : 0;
  const mean = 70 + together + steps.reduce((sum, step) => sum + (worth[step] ?? 0), 0);
  return {
    name: steps.join('+') || 'resnet-50',
    kind: steps.length === 0 ? 'base' : 'step',
    steps,
    parent: steps.length === 3 ? 'resnet-50' : null,
    top1: spread.map((apart, seed) => mean + apart * (1 + ((at + seed) % 3) / 3) * (at % 2 ? 1 : -1)),
  };
}

const sets = [[], ['a'], ['b'], ['c'], ['a', 'b'], ['a', 'c'], ['b', 'c'], ['a', 'b', 'c']];
const nameOf = (steps: readonly string[]) => [...steps].sort().join('+') || 'resnet-50';

export const orders = (drawn: readonly string[]): Synthetic => {
  const walks = drawn.map((order) => ({
    steps: [...order],
    networks: [0, 1, 2, 3].map((count) => nameOf([...order].slice(0, count))),
  }));
  const reached = new Set(walks.flatMap(({ networks }) => networks));
  return {
    suite: 'made-up-orders',
    strategy: 'random-orders',
    variants: sets.map(network).filter(({ name }) => reached.has(name)),
    arrangement: {
      kind: 'random-orders',
      steps: ['a', 'b', 'c'],
      orders: walks,
      lawfulOrders: 6,
      lawfulSets: 8,
      paired: false,
    },
  };
};

export const everyOrder = ['abc', 'acb', 'bac', 'bca', 'cab', 'cba'];

export const factorial: Synthetic = {
  suite: 'made-up-factorial',
  strategy: 'factorial',
  variants: sets.map(network),
  arrangement: {
    kind: 'factorial',
    steps: ['a', 'b', 'c'],
    cells: sets.map((on) => ({ network: nameOf(on), on })),
    words: [],
    generators: 0,
    resolution: null,
  },
};

const [rows, columns] = [
  ['3', '5', '9'],
  ['0.1', '0.2'],
];
const axis = (step: string, values: readonly string[]) => ({
  step,
  title: step,
  values: values.map((label) => ({ name: `${step}-${label}`, label })),
});
const cells = rows.flatMap((down) =>
  columns.map((across) => ({
    network: `kernel-${down}+rate-${across}`,
    down: `kernel-${down}`,
    across: `rate-${across}`,
  })),
);

export const grid: Synthetic = {
  suite: 'made-up-grid',
  strategy: 'grid',
  variants: cells.map(({ network: name }, at): SyntheticVariant => {
    const adopted = name === 'kernel-5+rate-0.1';
    return {
      name,
      adopted,
      parent: adopted ? null : 'kernel-5+rate-0.1',
      top1: spread.map((apart, seed) => 70 + at + apart * (1 + ((at + seed) % 2))),
    };
  }),
  arrangement: {
    kind: 'grid',
    down: axis('kernel', rows),
    across: axis('rate', columns),
    cells,
  } satisfies PlanRecord['arrangement'],
};
