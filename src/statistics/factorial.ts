import { type BySeed, commonSeeds, ofDifferences, type PairedDifference } from './paired.js';
import type { Term } from './null-distribution.js';

/** Two levels of some steps: which network has which of them on, and what a fraction mixes up. */
export interface TwoLevels {
  readonly steps: readonly string[];
  readonly cells: readonly { readonly network: string; readonly on: readonly string[] }[];
  /** Sets of steps whose joint effect is mixed up with the mean; empty where every combination is there. */
  readonly words: readonly (readonly string[])[];
}

/** What one step does on average, or what two give beyond the sum of what each does. */
export interface FactorialEffect {
  readonly steps: readonly [string] | readonly [string, string];
  /** Other effects of one or two steps that these networks cannot tell from it: what is measured is a sum of all. */
  readonly aliases: readonly (readonly string[])[];
  readonly terms: readonly Term[];
  /** Over the seeds that all networks have; null where they share none. */
  readonly difference: PairedDifference | null;
}

/**
 * Effects of every step and of every two, each once: with a step less without it, averaged over the others; of two, how much
 * more the one does where the other is on. These are twice and four times the coefficients of a least-squares fit on -1 and
 * +1 (Box & Hunter 1961).
 */
export function factorialEffects(
  { steps, cells, words }: TwoLevels,
  results: ReadonlyMap<string, BySeed>,
): FactorialEffect[] {
  const seen = new Set<string>();
  const asked = [
    ...steps.map((step) => [step] as const),
    ...steps.flatMap((a, at) => steps.slice(at + 1).map((b) => [a, b] as const)),
  ];
  const { seeds, unpaired } = commonSeeds(cells.map(({ network }) => results.get(network) ?? new Map()));
  return asked.flatMap((own): FactorialEffect[] => {
    if (seen.has(keyOf(own))) return [];
    const aliases = words.map((word) => product(own, word, steps)).filter(({ length }) => length <= 2);
    for (const one of [own, ...aliases]) seen.add(keyOf(one));
    const terms = cells.map(({ network, on }): Term => {
      const off = own.filter((step) => !on.includes(step)).length;
      return [network, ((off % 2 === 0 ? 1 : -1) * 2 ** own.length) / cells.length];
    });
    const sums = seeds.map((seed) =>
      terms.reduce((sum, [network, weight]) => sum + weight * (results.get(network)?.get(seed) as number), 0),
    );
    return [{ steps: own, aliases, terms, difference: ofDifferences(seeds, sums, unpaired) }];
  });
}

const keyOf = (steps: readonly string[]): string => JSON.stringify([...steps].sort());

/** The steps that are in one of two sets and not in the other. */
const product = (a: readonly string[], b: readonly string[], steps: readonly string[]): string[] =>
  steps.filter((step) => a.includes(step) !== b.includes(step));
