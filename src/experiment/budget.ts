import { type BudgetConfig, millisecondsOf } from '../config/budget.js';
import { sha256 } from '../records/hash.js';
import type { BudgetRecord } from '../records/plan.js';
import type { Plan, PlannedRun } from './plan.js';
import type { OpenedSuite } from './suite.js';

/** What runs cost, in the budget's unit, and by what that is known. */
export interface RunCosts {
  readonly of: (run: PlannedRun) => number;
  /** Null where the budget counts runs. */
  readonly basis: string | null;
}

/** So many seeds a comparison has a verdict with. */
const enoughSeeds = 3;

/** An error of Shapley values is told from these on. */
const fewestOrders = 4;

/** The limit of a budget in its unit: runs, or milliseconds. */
export const limitOf = (budget: BudgetConfig): number =>
  typeof budget === 'string' ? millisecondsOf(budget) : budget.runs;

/** What must be equal for a part that was chosen before to be kept: the budget and all that it was chosen from. */
export const budgetKey = ({ suite, variants, arrangement }: OpenedSuite): string =>
  sha256({
    budget: suite.budget,
    seeds: suite.seeds,
    tune: suite.tune,
    ...(suite.repeat.length > 0 && { repeat: suite.repeat }),
    arrangement,
    variants: variants.map(({ variant }) => variant.name),
  });

/**
 * The most informative part of a plan that a budget pays for. Fewer than three seeds give no verdict, so each comparison has
 * three before a further one is begun; comparisons come in the order of their worth: the road itself, step by step; networks to
 * compare with; values that the road does not go on with. What is left buys one seed more of each, in the same order: the
 * error of a difference falls with the root of their number, and the critical value with it. Networks that are read together,
 * of a factorial or a grid, are kept together, and orders of steps from the first on.
 *
 * Null where not even a run fits.
 */
export function choosePart(opened: OpenedSuite, plan: Plan, limit: number, costs: RunCosts): BudgetRecord | null {
  const units = unitsOf(opened);
  const seeds = [...opened.suite.seeds].sort((a, b) => a - b);
  const prices = pricesOf(plan, costs, seeds);
  let best: Bought | null = null;
  for (let floor = Math.min(enoughSeeds, seeds.length); floor > 0; floor--) {
    const bought = buy(units, seeds.length, floor, prices, limit);
    // A single network is no comparison: better two with fewer seeds.
    if (bought.kept.size > 1 || units.flat().length === 1) {
      best = bought;
      break;
    }
    if (bought.kept.size > 0) best ??= bought;
  }
  if (!best || best.kept.size === 0) return null;
  const { kept, spent } = best;
  const { suite, variants } = opened;
  return {
    asked: typeof suite.budget === 'string' ? suite.budget : `${limit} runs`,
    key: budgetKey(opened),
    spent,
    basis: costs.basis,
    kept: [...kept].map(([variant, count]) => ({ variant, seeds: seeds.slice(0, count) })),
    leftOut: variants.flatMap(({ variant: { name } }) => {
      const without = seeds.slice(kept.get(name) ?? 0);
      return without.length === 0 ? [] : [{ variant: name, seeds: without }];
    }),
  };
}

/** Networks that are bought together, in the order of their worth. */
function unitsOf({ variants, arrangement, sweeps }: OpenedSuite): (readonly string[])[] {
  const names = variants.map(({ variant }) => variant.name);
  // All orders there are stand in no random order: the first of them are no draw.
  if (arrangement?.kind === 'random-orders' && arrangement.orders.length < arrangement.lawfulOrders) {
    const { orders } = arrangement;
    const seen = new Set<string>();
    // In twos, since each may stand beside its reverse; from fewer than four orders no error can be told.
    const rest = orders.slice(fewestOrders);
    const pairs = rest.flatMap((_, at) => (at % 2 === 0 ? [rest.slice(at, at + 2)] : []));
    const walked = [orders.slice(0, fewestOrders), ...pairs].map((pair) => {
      const added = [...new Set(pair.flatMap(({ networks }) => networks))].filter((name) => !seen.has(name));
      for (const name of added) seen.add(name);
      return added;
    });
    return [...walked, ...names.filter((name) => !seen.has(name)).map((name) => [name])].filter(
      ({ length }) => length > 0,
    );
  }
  if (arrangement) return [names];
  const together = new Map(sweeps.flatMap(({ values }) => values.map((name) => [name, [...values]] as const)));
  const worth = ({ kind, name, adopted }: OpenedSuite['variants'][number]['variant']): number =>
    kind === 'compare' ? 1 : adopted || together.has(name) ? 0 : 2;
  const ordered = [...variants].sort((a, b) => worth(a.variant) - worth(b.variant));
  const units = ordered.map(({ variant: { name } }) => together.get(name) ?? [name]);
  return units.filter((unit, at) => units.findIndex(([first]) => first === unit[0]) === at);
}

/** Buys units with `floor` seeds each as long as they fit, then a seed more of each unit as long as that fits. */
function buy(units: (readonly string[])[], seeds: number, floor: number, priceOf: Prices, limit: number): Bought {
  const kept = new Map<string, number>();
  const paid = new Set<string>();
  let spent = 0;
  const buyOne = (names: readonly string[], count: number): boolean => {
    // What is one run by its hash is paid once, whatever networks share it.
    const runs = new Map(names.flatMap((name) => priceOf(name, kept.get(name) ?? 0, count)));
    const price = [...runs].reduce((sum, [hash, cost]) => sum + (paid.has(hash) ? 0 : cost), 0);
    if (spent + price > limit) return false;
    for (const hash of runs.keys()) paid.add(hash);
    for (const name of names) kept.set(name, count);
    spent += price;
    return true;
  };
  const refused = units.findIndex((unit) => !buyOne(unit, floor));
  const bought = refused < 0 ? units : units.slice(0, refused);
  // A seed of the first network alone would pair with nothing.
  const [first = [], second = [], ...others] = bought;
  const layer = [[...first, ...second], ...others];
  for (let count = floor + 1; count <= seeds; count++) {
    for (const unit of layer) if (!buyOne(unit, count)) return { kept, spent };
  }
  return { kept, spent };
}

/** How many of the suite's seeds each network is trained with, and what that costs. */
interface Bought {
  readonly kept: ReadonlyMap<string, number>;
  readonly spent: number;
}

/** What the seeds of a network from one number to another cost, run by run; its trials and its repeat come with the first. */
type Prices = (variant: string, from: number, to: number) => readonly (readonly [hash: string, cost: number])[];

function pricesOf({ runs }: Plan, { of }: RunCosts, seeds: readonly number[]): Prices {
  const place = new Map(seeds.map((seed, at) => [seed, at]));
  const byVariant = new Map<string, { readonly at: number; readonly hash: string; readonly cost: number }[]>();
  for (const run of runs) {
    const at = run.trial || run.again !== null ? 0 : place.get(run.spec.seed);
    if (at === undefined) continue;
    const variant = run.trial?.variant ?? run.again ?? run.spec.variant;
    const own = byVariant.get(variant) ?? [];
    own.push({ at, hash: run.hash, cost: of(run) });
    byVariant.set(variant, own);
  }
  return (variant, from, to) =>
    (byVariant.get(variant) ?? []).flatMap(({ at, hash, cost }) =>
      at >= from && at < to ? [[hash, cost] as const] : [],
    );
}

/** A plan without what a budget has left out; seeds that the suite does not name were asked for by name, and stay. */
export function withinBudget({ record, runs }: Plan, budget: BudgetRecord, suiteSeeds: readonly number[]): Plan {
  const kept = new Map(budget.kept.map(({ variant, seeds }) => [variant, new Set(seeds)]));
  const stays = (variant: string, seed: number) =>
    kept.has(variant) && (!suiteSeeds.includes(seed) || (kept.get(variant)?.has(seed) ?? false));
  const variants = record.variants.flatMap((one) =>
    kept.has(one.name) ? [{ ...one, runs: one.runs.filter(({ seed }) => stays(one.name, seed)) }] : [],
  );
  const { tuning, repeats, arrangement } = record;
  const left = runs.filter(({ spec, trial, again }) =>
    trial ? kept.has(trial.variant) : stays(again ?? spec.variant, spec.seed),
  );
  return {
    runs: left,
    record: {
      ...record,
      seeds: [...new Set(variants.flatMap((one) => one.runs.map(({ seed }) => seed)))].sort((a, b) => a - b),
      variants,
      budget,
      ...(tuning && { tuning: { ...tuning, trials: tuning.trials.filter(({ variant }) => kept.has(variant)) } }),
      ...(repeats && { repeats: repeats.filter(({ variant }) => kept.has(variant)) }),
      ...(arrangement?.kind === 'random-orders' && {
        arrangement: {
          ...arrangement,
          orders: arrangement.orders.filter(({ networks }) => networks.every((name) => kept.has(name))),
        },
      }),
    },
  };
}
