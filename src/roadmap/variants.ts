import type { ConvNetwork } from '../architecture/network.js';
import type { Recipe } from '../config/recipe.js';
import { RoadError, type StepCall } from './catalogue.js';
import {
  combinations,
  everyCombination,
  leaveOneOut,
  mostVariants,
  type StepSet,
  tooMany,
  unique,
  upTo,
} from './combinations.js';
import { noRecipes, startsFromBase, type SuiteRecipes } from './design.js';
import type { RoadEntry, StepVariant } from './entry.js';
import type { Road } from './road.js';
import { type Place, startAt } from './walk.js';

export type Strategy = 'cumulative' | 'leave-one-out' | 'add-one' | 'permutations' | 'pairwise' | 'all';

/** A network that a suite trains, by what makes it. */
export interface Variant {
  readonly name: string;
  readonly kind: 'base' | 'step' | 'compare';
  /** The named network that the steps are applied to. */
  readonly base: string;
  readonly steps: readonly StepCall[];
  /** The steps as reports name them, with the value where one was chosen: `kernel-size-9`. */
  readonly stepNames: readonly string[];
  /** The road's entry that sets it apart from `parent`, by name; null for base and comparators. */
  readonly step: string | null;
  readonly title: string;
  readonly group: string | null;
  /** The variant that its delta is taken against. */
  readonly parent: string | null;
  /** False for sweep values that the road does not go on with. */
  readonly adopted: boolean;
  /** What trains it; null where the suite's could not be read. */
  readonly recipe: Recipe | null;
  /** What the steps have made of the base; null where that is no convolutional network, and for comparators. */
  readonly network: ConvNetwork | null;
}

/**
 * The networks that a strategy asks for, in the order of a report.
 * - `cumulative`: the base, then one network a step, each on top of the one before; sweeps branch off.
 * - `leave-one-out`: the whole road, then the road without each step (and without the steps that need it).
 * - `add-one`: the base, then the base with each step alone (and with the steps that it needs).
 * - `pairwise`: `add-one`, then every pair of steps.
 * - `all`, `permutations`: every combination that can be built. `permutations` takes a network's delta against the one
 *   without its last step, so that a step is measured in every place of the order; `all` takes it against the base.
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
  strategy: Strategy,
  compare: readonly string[] = [],
  recipes: SuiteRecipes = noRecipes,
): Variant[] {
  const enabled = road.filter((entry) => entry.enabled);
  const recipe = base && startsFromBase(enabled) ? recipes.base : recipes.recipe;
  const first = { ...variant(baseName, 'base', recipe), network: base };
  const place = base && startAt({ network: base, recipe }, recipes.recipe);
  const made = place && enabled.length > 0 ? strategies[strategy](enabled, first, place) : [];
  const comparators = compare.map((name) => variant(name, 'compare', recipes.recipe));
  const variants = [first, ...made, ...comparators];
  if (variants.length > mostVariants) throw tooMany(enabled.length, 'networks');
  const names = new Set<string>();
  for (const { name, step } of variants) {
    checkName(name, step);
    if (names.has(name))
      throw new RoadError(`two networks of the suite are called "${name}", which names the folder of both`, step);
    names.add(name);
  }
  return variants;
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

const strategies: Readonly<Record<Strategy, Maker>> = {
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
};

function cumulative(entries: readonly RoadEntry[], base: Variant, start: Place): Variant[] {
  if (entries.reduce((count, { variants }) => count + variants.length, 0) > mostVariants)
    throw tooMany(entries.length, 'networks');
  const variants: Variant[] = [];
  let parent = base;
  let place = start;
  for (const entry of entries) {
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
      ...place.follow(entry, choice).design,
    }));
    variants.push(...made);
    place = place.follow(entry);
    parent = made.find(({ adopted }) => adopted) as Variant;
  }
  return variants;
}

function fromSet(set: StepSet, parent: string, base: Variant, start: Place): Variant {
  const last = set.at(-1);
  return {
    ...variant(setName(set), 'step', null),
    base: base.name,
    steps: set.map((entry) => call(entry, entry.adopted)),
    stepNames: set.map(({ adopted }) => adopted.name),
    step: last?.name ?? null,
    title: set.map(({ title }) => title).join(' + '),
    group: last && set.length === 1 ? last.step.group : null,
    parent,
    ...set.reduce((place, entry) => place.follow(entry), start).design,
  };
}

const setName = (set: StepSet): string => set.map(({ adopted }) => adopted.name).join('+');

const call = ({ step }: RoadEntry, { options }: StepVariant): StepCall => ({ id: step.id, options });

function variant(name: string, kind: Variant['kind'], recipe: Recipe | null): Variant {
  const plain = { steps: [], stepNames: [], step: null, group: null, parent: null } as const;
  return { ...plain, name, kind, base: name, title: name, adopted: true, recipe, network: null };
}
