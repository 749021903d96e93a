import { type BySeed, commonSeeds, ofDifferences, type PairedDifference, pairedDifference } from './paired.js';
import { summarize } from './summary.js';

/** A trained combination of steps; `steps` in the order in which they were applied. */
export interface Combination {
  readonly name: string;
  readonly steps: readonly string[];
  readonly results: BySeed;
}

/** What one step did in one company: the difference between two variants that differ by this step alone. */
export interface ContextEffect {
  readonly step: string;
  /** The steps that both have. */
  readonly context: readonly string[];
  readonly withStep: string;
  readonly without: string;
  readonly difference: PairedDifference;
}

/** A step's effect over every context that was trained: does it depend on the company it keeps? */
export interface StepEffect {
  readonly step: string;
  readonly contexts: readonly ContextEffect[];
  /** Mean of the contexts' mean differences, and the lowest and highest of them. */
  readonly mean: number;
  readonly range: readonly [number, number];
}

/** (S+a+b - S+a) - (S+b - S), seed by seed: 0 where the two steps' effects simply add up. */
export interface Interaction {
  readonly steps: readonly [string, string];
  readonly context: readonly string[];
  readonly difference: PairedDifference;
  /** The names of the four combinations. */
  readonly corners: {
    readonly both: string;
    readonly onlyA: string;
    readonly onlyB: string;
    readonly neither: string;
  };
}

/**
 * Every pair of combinations that differ by exactly one step, whatever strategy trained them: cumulative roads give a
 * context a step, leave-one-out and add-one one more, permutations many.
 */
export function contextEffects(combinations: readonly Combination[]): ContextEffect[] {
  const find = finder(combinations);
  return combinations.flatMap((combination) =>
    combination.steps.flatMap((step) => {
      const context = combination.steps.filter((other) => other !== step);
      const without = find(context);
      const difference = without && pairedDifference(combination.results, without.results);
      return difference ? [{ step, context, withStep: combination.name, without: without.name, difference }] : [];
    }),
  );
}

/** The effects gathered by step, in the order in which steps first appear. */
export function stepEffects(combinations: readonly Combination[]): StepEffect[] {
  const effects = contextEffects(combinations);
  return [...new Set(effects.map(({ step }) => step))].map((step) => {
    const contexts = effects.filter((effect) => effect.step === step);
    const means = contexts.map(({ difference }) => difference.mean);
    return {
      step,
      contexts,
      mean: summarize(means)?.mean ?? 0,
      range: [Math.min(...means), Math.max(...means)] as const,
    };
  });
}

/** Every square S, S+a, S+b, S+a+b that was trained. */
export function interactions(combinations: readonly Combination[]): Interaction[] {
  const find = finder(combinations);
  const seen = new Set<string>();
  return combinations.flatMap((both) =>
    both.steps.flatMap((a, i) =>
      both.steps.slice(i + 1).flatMap((b): Interaction[] => {
        const context = both.steps.filter((step) => step !== a && step !== b);
        const key = JSON.stringify([[a, b].sort(), [...context].sort()]);
        const onlyA = find(both.steps.filter((step) => step !== b));
        const onlyB = find(both.steps.filter((step) => step !== a));
        const neither = find(context);
        if (!onlyA || !onlyB || !neither || seen.has(key)) return [];
        const difference = squareDifference(both.results, onlyA.results, onlyB.results, neither.results);
        if (!difference) return [];
        seen.add(key);
        const corners = { both: both.name, onlyA: onlyA.name, onlyB: onlyB.name, neither: neither.name };
        return [{ steps: [a, b], context, difference, corners }];
      }),
    ),
  );
}

function squareDifference(both: BySeed, onlyA: BySeed, onlyB: BySeed, neither: BySeed): PairedDifference | null {
  const { seeds, unpaired } = commonSeeds([both, onlyA, onlyB, neither]);
  const at = (corner: BySeed, seed: number) => corner.get(seed) as number;
  const differences = seeds.map((seed) => at(both, seed) - at(onlyA, seed) - at(onlyB, seed) + at(neither, seed));
  return ofDifferences(seeds, differences, unpaired);
}

/** Looks a combination up by its steps: in this order where one was trained, else in any order. */
function finder(combinations: readonly Combination[]): (steps: readonly string[]) => Combination | undefined {
  const ordered = new Map<string, Combination>();
  const unordered = new Map<string, Combination>();
  for (const combination of combinations) {
    const inOrder = JSON.stringify(combination.steps);
    const inAnyOrder = JSON.stringify([...combination.steps].sort());
    if (!ordered.has(inOrder)) ordered.set(inOrder, combination);
    if (!unordered.has(inAnyOrder)) unordered.set(inAnyOrder, combination);
  }
  return (steps) => ordered.get(JSON.stringify(steps)) ?? unordered.get(JSON.stringify([...steps].sort()));
}
