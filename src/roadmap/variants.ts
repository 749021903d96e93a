import type { ConvNetwork } from '../architecture/network.js';
import { nearest } from '../config/problem.js';
import { type StrategyConfig, strategyName, strategyNames, strategyOptions } from '../config/strategy.js';
import type { Arrangement } from './arrangement.js';
import { RoadError } from './catalogue.js';
import { combinations, everyCombination, leaveOneOut, mostVariants, tooMany, unique, upTo } from './combinations.js';
import { noRecipes, startsFromBase, type SuiteRecipes } from './design.js';
import type { RoadEntry } from './entry.js';
import type { Road } from './road.js';
import { factorial } from './strategies/factorial.js';
import { grid } from './strategies/grid.js';
import { type OwnStrategy, ownStrategy } from './strategies/own.js';
import { randomOrders } from './strategies/random-orders.js';
import { toggles } from './toggles.js';
import { call, fromSet, setName, variant, type Variant } from './variant.js';
import { type Place, startAt } from './walk.js';

export type { Variant } from './variant.js';

/** What a strategy makes of a road. */
export interface Chosen {
  readonly variants: Variant[];
  /** Null where parents say all. */
  readonly arrangement: Arrangement | null;
}

/**
 * The networks that a strategy asks for, in the order of a report.
 * - `cumulative`: the base, then one network a step, each on top of the one before; sweeps branch off. What follows a sweep
 *   that its runs have not decided stands on its first value, and waits.
 * - `leave-one-out`: the whole road, then the road without each step (and without the steps that need it).
 * - `add-one`: the base, then the base with each step alone (and with the steps that it needs).
 * - `pairwise`: `add-one`, then every pair of steps.
 * - `all`, `permutations`: every combination that can be built. `permutations` takes a network's delta against the one
 *   without its last step, so that a step is measured in every place of the order; `all` takes it against the base.
 * - `random-orders`, `factorial`, `grid`: those of `strategies/`, over some entries of the road, or all.
 * - the name of a plug-in's strategy: the sets that it asks for.
 *
 * `base` is null where the base is no convolutional network: then the road must be empty. The base is trained by the suite's
 * base recipe where a step of the road takes over from that, else, as comparators always are, by its recipe.
 *
 * Throws a `RoadError` where a step fails, where there are more networks than anyone would train, and where a name is none
 * that a folder can have.
 */
export function variantsOf(
  baseName: string,
  base: ConvNetwork | null,
  road: Road,
  strategy: StrategyConfig,
  compare: readonly string[] = [],
  recipes: SuiteRecipes = noRecipes,
  own: readonly OwnStrategy[] = [],
): Chosen {
  const enabled = road.filter((entry) => entry.enabled);
  const recipe = base && startsFromBase(enabled) ? recipes.base : recipes.recipe;
  const first = { ...variant(baseName, 'base', recipe), network: base };
  const place = base && startAt({ network: base, recipe }, recipes.recipe);
  const made =
    place && enabled.length > 0
      ? makeVariants(strategy, enabled, first, place, own)
      : { variants: [first], arrangement: null };
  const comparators = compare.map((name) => variant(name, 'compare', recipes.recipe));
  const variants = [...made.variants, ...comparators];
  if (variants.length > mostVariants) throw tooMany(enabled.length, 'networks');
  const names = new Set<string>();
  for (const { name, step } of variants) {
    checkName(name, step);
    if (names.has(name))
      throw new RoadError(`two networks of the suite are called "${name}", which names the folder of both`, step);
    names.add(name);
  }
  return { ...made, variants };
}

function makeVariants(
  strategy: StrategyConfig,
  entries: readonly RoadEntry[],
  base: Variant,
  start: Place,
  own: readonly OwnStrategy[],
): Chosen {
  const options = strategyOptions(strategy);
  const open = entries.find(({ best }) => best !== null);
  if (open && strategyName(strategy) !== 'cumulative')
    throw new RoadError(
      `\`adopt: best\` chooses between values that are trained one beside the other, as the strategy cumulative does; ${strategyName(strategy)} needs the value itself`,
      open.name,
    );
  if (options?.name === 'random-orders') return randomOrders(toggles(entries, options.steps, start), base, options);
  if (options?.name === 'factorial') return factorial(toggles(entries, options.steps, start), base, options);
  if (options?.name === 'grid') {
    const sweeps = entries.filter(({ variants }) => variants.length > 1).map(({ name }) => name);
    return grid(toggles(entries, options.steps ?? sweeps, start), base);
  }
  const name = strategyName(strategy);
  if (Object.hasOwn(strategies, name)) {
    const maker = strategies[name as keyof typeof strategies];
    return { variants: [base, ...maker(entries, base, start)], arrangement: null };
  }
  const found = own.find(({ id }) => id === name);
  if (found) return { variants: ownStrategy(toggles(entries, null, start), base, found), arrangement: null };
  throw new RoadError(strategyProblem(strategy, own) as string);
}

/** What is wrong with a strategy's name; null where it is one. */
export function strategyProblem(strategy: StrategyConfig, own: readonly OwnStrategy[]): string | null {
  const name = strategyName(strategy);
  const known = [...strategyNames, ...own.map(({ id }) => id)];
  if (known.includes(name)) return null;
  const guess = nearest(name, known);
  return `there is no strategy "${name}"; ${guess ? `did you mean "${guess}"?` : `there are ${known.join(', ')}, and those of plug-ins`}`;
}

/** Names of variants become folders. */
const longestName = 230;

function checkName(name: string, step: string | null): void {
  if (name.length > longestName) {
    throw new RoadError(
      `"${name.slice(0, 40)}..." has ${name.length} characters, and names of networks become folders of at most ${longestName}; give steps of your own shorter ids, or take cumulative or leave-one-out`,
      step,
    );
  }
}

type Maker = (entries: readonly RoadEntry[], base: Variant, start: Place) => Variant[];

const strategies = {
  cumulative,
  'leave-one-out': (entries, base, start) => {
    const whole = fromSet(upTo(entries, entries.length), base.name, base, start);
    const without = leaveOneOut(entries, start).map(({ left, set }) => {
      const ids = left.map(({ name }) => name);
      const also = ids.length > 1 ? ` (and ${ids.slice(1).join(', ')}, which need it)` : '';
      const made = fromSet(set, whole.name, base, start);
      return { ...made, name: `without-${ids[0]}`, title: `Without ${ids[0]}${also}`, step: ids[0] as string };
    });
    return [
      { ...whole, name: 'whole-road', title: 'The whole road' },
      ...without.map((one) => ({ ...one, parent: 'whole-road' })),
    ];
  },
  'add-one': (entries, base, start) =>
    combinations(entries, 1, start).map((set) => fromSet(set, base.name, base, start)),
  pairwise: (entries, base, start) =>
    unique([...combinations(entries, 1, start), ...combinations(entries, 2, start)]).map((set) =>
      fromSet(set, base.name, base, start),
    ),
  all: (entries, base, start) => everyCombination(entries, start).map((set) => fromSet(set, base.name, base, start)),
  permutations: (entries, base, start) =>
    everyCombination(entries, start).map((set) =>
      fromSet(set, set.length > 1 ? setName(set.slice(0, -1)) : base.name, base, start),
    ),
} satisfies Readonly<Record<string, Maker>>;

function cumulative(entries: readonly RoadEntry[], base: Variant, start: Place): Variant[] {
  if (entries.reduce((count, { variants }) => count + variants.length, 0) > mostVariants)
    throw tooMany(entries.length, 'networks');
  const variants: Variant[] = [];
  let parent = base;
  let place = start;
  let awaits: string | null = null;
  for (const [at, entry] of entries.entries()) {
    if (entry.best === 'open')
      for (const choice of entry.variants) walkOn(entries.slice(at + 1), place.follow(entry, choice));
    const made = entry.variants.map((choice) => ({
      ...variant(choice.name, 'step', null),
      base: base.name,
      steps: [...parent.steps, call(entry, choice)],
      stepNames: [...parent.stepNames, choice.name],
      step: entry.name,
      title: choice.title,
      group: entry.step.group,
      parent: parent.name,
      adopted: choice.name === entry.adopted.name,
      awaits,
      ...place.follow(entry, choice).design,
    }));
    variants.push(...made);
    place = place.follow(entry);
    parent = made.find(({ adopted }) => adopted) as Variant;
    if (entry.best === 'open') awaits ??= entry.name;
  }
  return variants;
}

/** Throws a `RoadError` where the entries cannot follow: better said before a sweep is trained than after it. */
function walkOn(entries: readonly RoadEntry[], from: Place): void {
  entries.reduce((place, entry) => place.follow(entry), from);
}
