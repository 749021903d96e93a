import { type BudgetConfig, millisecondsOf } from '../config/budget.js';
import { sha256 } from '../records/hash.js';
import type { BudgetPart, BudgetRecord } from '../records/plan.js';
import { type Choosable, type Unit, unitsOf } from './budget-units.js';
import type { Plan, PlannedRun } from './plan.js';
import type { OpenedSuite } from './suite.js';
import { noun } from '../words/counted.js';

/** What runs cost, in the budget's unit, and by what that is known. */
export interface RunCosts {
  readonly of: (run: PlannedRun) => number;
  /** Null where the budget counts runs. */
  readonly basis: string | null;
}

/** So many seeds a comparison has a verdict with. */
const enoughSeeds = 3;

/** A budget as a suite writes it, in words. */
export const askedOf = (budget: BudgetConfig): string =>
  typeof budget === 'string' ? budget : `${budget.runs} ${noun(budget.runs, 'run')}`;

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
 * compare with; values that the road does not go on with. What is too dear is left out, with what needs it, and cheaper ones
 * behind it are not. What is left buys one seed more of each, in the same order: the error of a difference falls with the root
 * of their number, and the critical value with it. Networks that are read together, of a factorial or a grid, are kept
 * together, and orders of steps from the first on.
 *
 * Null where not even a run fits.
 *
 * @param among the networks to choose among; null is all
 */
export function choosePart(
  opened: OpenedSuite,
  plan: Plan,
  limit: number,
  costs: RunCosts,
  among: readonly string[] | null = null,
): BudgetPart | null {
  const choosable = onlyOf(opened, among);
  const units = unitsOf(choosable);
  const seeds = [...opened.suite.seeds].sort((a, b) => a - b);
  const prices = pricesOf(plan, costs, seeds);
  const compares = comparesIn(choosable);
  let best: Bought | null = null;
  for (let floor = Math.min(enoughSeeds, seeds.length); floor > 0; floor--) {
    const bought = buy(units, seeds.length, floor, prices, limit);
    if (bought.kept.size > 0) best ??= bought;
    // Fewer seeds are better than no comparison.
    if (!compares(bought.kept)) continue;
    best = bought;
    break;
  }
  if (!best) return null;
  const { kept, spent } = best;
  return {
    spent,
    basis: costs.basis,
    kept: [...kept].map(([variant, count]) => ({ variant, seeds: seeds.slice(0, count) })),
    leftOut: choosable.variants.flatMap(({ variant: { name } }) => {
      const without = seeds.slice(kept.get(name) ?? 0);
      return without.length === 0 ? [] : [{ variant: name, seeds: without }];
    }),
  };
}

/** What the least costs that a choice can consist of: of networks that are read together all, with one seed. */
export function leastPrice(
  opened: OpenedSuite,
  plan: Plan,
  costs: RunCosts,
  among: readonly string[] | null = null,
): { readonly price: number; readonly networks: number } {
  const prices = pricesOf(plan, costs, [Math.min(...opened.suite.seeds)]);
  const whole = unitsOf(onlyOf(opened, among)).filter(({ needs }) => needs.length === 0);
  const [least] = whole
    .map(({ names }) => ({
      price: sumOf(new Map(names.flatMap((name) => prices(name, 0, 1)))),
      networks: names.length,
    }))
    .sort((a, b) => a.price - b.price);
  return least ?? { price: 0, networks: 0 };
}

function onlyOf({ variants, arrangement, sweeps }: Choosable, among: readonly string[] | null): Choosable {
  const left = variants.filter(({ variant }) => among === null || among.includes(variant.name));
  return { variants: left, arrangement, sweeps };
}

/** Whether a choice holds two networks that say something together, where any do. */
function comparesIn({ variants }: Choosable): (kept: ReadonlyMap<string, number>) => boolean {
  const names = new Set(variants.map(({ variant }) => variant.name));
  const children = variants.flatMap(({ variant: { name, parent } }) =>
    parent !== null && names.has(parent) ? [[name, parent] as const] : [],
  );
  return (kept) =>
    children.length > 0
      ? children.some(([name, parent]) => kept.has(name) && kept.has(parent))
      : kept.size > 1 || (kept.size > 0 && variants.length === 1);
}

/**
 * Buys units with `floor` seeds each where they fit, then a seed more of each unit where that fits, until not all have it: no
 * comparison has more than a seed more than another.
 */
function buy(units: readonly Unit[], seeds: number, floor: number, priceOf: Prices, limit: number): Bought {
  const kept = new Map<string, number>();
  const paid = new Set<string>();
  let spent = 0;
  const buyOne = ({ names, needs }: Unit, count: number): boolean => {
    if (needs.some((name) => (kept.get(name) ?? 0) < count)) return false;
    // What is one run by its hash is paid once, whatever networks share it.
    const runs = new Map(names.flatMap((name) => priceOf(name, kept.get(name) ?? 0, count)));
    const price = sumOf(new Map([...runs].filter(([hash]) => !paid.has(hash))));
    if (spent + price > limit) return false;
    for (const hash of runs.keys()) paid.add(hash);
    for (const name of names) kept.set(name, count);
    spent += price;
    return true;
  };
  const bought = units.filter((unit) => buyOne(unit, floor));
  const layer = firstTogether(bought);
  for (let count = floor + 1; count <= seeds; count++) {
    // Not `every`, which ends at the first that is too dear.
    if (layer.filter((unit) => buyOne(unit, count)).length < layer.length) break;
  }
  return { kept, spent };
}

/** A seed of the first network alone would pair with nothing. */
function firstTogether([first, second, ...others]: readonly Unit[]): Unit[] {
  if (!first || !second) return first ? [first] : [];
  const names = [...first.names, ...second.names];
  const needs = [...first.needs, ...second.needs].filter((name) => !names.includes(name));
  return [{ names, needs }, ...others];
}

const sumOf = (prices: ReadonlyMap<string, number>): number =>
  [...prices.values()].reduce((sum, price) => sum + price, 0);

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

/** A plan without what a budget has left out. Where it pays for nothing but what an `--only` has left, the plan stays whole. */
export function withinBudget({ record, runs }: Plan, budget: BudgetRecord, suiteSeeds: readonly number[]): Plan {
  if (budget.kept.length === 0) return { runs, record: { ...record, budget } };
  const parts = [budget, ...(budget.only ?? [])];
  const stays = paidBy(parts, suiteSeeds);
  const kept = new Set(parts.flatMap((part) => part.kept.map(({ variant }) => variant)));
  const variants = record.variants.flatMap((one) =>
    kept.has(one.name) ? [{ ...one, runs: one.runs.filter(({ seed }) => stays(one.name, seed)) }] : [],
  );
  const { tuning, repeats, arrangement } = record;
  return {
    runs: paidRuns(runs, parts, suiteSeeds),
    record: {
      ...record,
      seeds: [...new Set(variants.flatMap((one) => one.runs.map(({ seed }) => seed)))].sort((a, b) => a - b),
      variants,
      budget,
      ...(tuning && { tuning: { ...tuning, trials: tuning.trials.filter(({ variant }) => kept.has(variant)) } }),
      ...(repeats && { repeats: repeats.filter(({ variant }) => kept.has(variant)) }),
      ...(arrangement?.kind === 'random-orders' && { arrangement: firstOrders(arrangement, kept) }),
    },
  };
}

/** The runs that some parts of a plan hold: the trials of each of their networks, and its repeat with its first seed. */
export function paidRuns(
  runs: readonly PlannedRun[],
  parts: readonly BudgetPart[],
  suiteSeeds: readonly number[],
): PlannedRun[] {
  const stays = paidBy(parts, suiteSeeds);
  const kept = new Set(parts.flatMap((part) => part.kept.map(({ variant }) => variant)));
  return runs.filter(({ spec, trial, again }) =>
    trial ? kept.has(trial.variant) : stays(again ?? spec.variant, spec.seed),
  );
}

/** Whether a network's seed is paid for; seeds that the suite does not name were asked for by name, and stay. */
function paidBy(parts: readonly BudgetPart[], suiteSeeds: readonly number[]) {
  const kept = new Map<string, Set<number>>();
  for (const { variant, seeds } of parts.flatMap((part) => part.kept))
    kept.set(variant, new Set([...(kept.get(variant) ?? []), ...seeds]));
  return (variant: string, seed: number): boolean =>
    kept.has(variant) && (!suiteSeeds.includes(seed) || (kept.get(variant)?.has(seed) ?? false));
}

/** The orders up to the first that lacks a network: a later one that happens to have all its networks is no draw. */
function firstOrders<Orders extends { readonly orders: readonly { networks: readonly string[] }[]; paired: boolean }>(
  arrangement: Orders,
  kept: ReadonlySet<string>,
): Orders {
  const { orders, paired } = arrangement;
  const lacking = orders.findIndex(({ networks }) => networks.some((name) => !kept.has(name)));
  const whole = lacking < 0 ? orders.length : lacking;
  return { ...arrangement, orders: orders.slice(0, paired ? whole - (whole % 2) : whole) };
}
