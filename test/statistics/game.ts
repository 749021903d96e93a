import type { Generator } from '../../src/random/generator.js';

/** A game of steps 0..k-1: what a set of them (as bits) is worth. */
export type Worth = (set: number) => number;

/**
 * What steps are worth alone, and beyond that in twos and threes, with the Shapley values, of which each in a group has an equal
 * share, and the interaction index of steps i < j: of a group of n that both are in, a share of n - 1.
 */
export function game(
  steps: number,
  random: Generator,
): { worth: Worth; values: number[]; pairs: { steps: readonly [number, number]; value: number }[] } {
  const parts = Array.from({ length: 1 << steps }, (_, set) => ({ set, size: set.toString(2).split('1').length - 1 }))
    .filter(({ size }) => size >= 1 && size <= 3)
    .map((part) => ({ ...part, amount: ([1, 0.6, 0.4][part.size - 1] as number) * random.normal() }));
  const sum = (of: (part: (typeof parts)[number]) => number) => parts.reduce((total, part) => total + of(part), 0);
  const numbers = Array.from({ length: steps }, (_, step) => step);
  return {
    worth: (own) => 70 + sum(({ set, amount }) => ((own & set) === set ? amount : 0)),
    values: numbers.map((step) => sum(({ set, size, amount }) => (set & (1 << step) ? amount / size : 0))),
    pairs: numbers.flatMap((i) =>
      numbers.slice(i + 1).map((j) => {
        const both = (1 << i) | (1 << j);
        return {
          steps: [i, j] as const,
          value: sum(({ set, size, amount }) => ((set & both) === both ? amount / (size - 1) : 0)),
        };
      }),
    ),
  };
}
