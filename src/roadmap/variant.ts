import type { ConvNetwork } from '../architecture/network.js';
import type { Recipe } from '../config/recipe.js';
import type { StepCall } from './catalogue.js';
import type { StepSet } from './combinations.js';
import type { RoadEntry, StepVariant } from './entry.js';
import type { Toggles } from './toggles.js';
import type { Place } from './walk.js';

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
  /** The sweep that must be decided first, by its entry's name: until then this stands on the sweep's first value. */
  readonly awaits: string | null;
  /** What trains it; null where the suite's could not be read. */
  readonly recipe: Recipe | null;
  /** What the steps have made of the base; null where that is no convolutional network, and for comparators. */
  readonly network: ConvNetwork | null;
}

/** A network of a set of entries, which all stand at what they adopt. */
export function fromSet(set: StepSet, parent: string, base: Variant, start: Place): Variant {
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

export const setName = (set: StepSet): string => set.map(({ adopted }) => adopted.name).join('+');

/** An entry with one of its choices, as it is recorded. */
export const call = ({ step }: RoadEntry, { options }: StepVariant): StepCall => ({ id: step.id, options });

/** A network without steps. */
export function variant(name: string, kind: Variant['kind'], recipe: Recipe | null): Variant {
  const plain = { steps: [], stepNames: [], step: null, group: null, parent: null } as const;
  return { ...plain, name, kind, base: name, title: name, adopted: true, awaits: null, recipe, network: null };
}

/** A network of a road on which some entries are varied: named after those that are on, or as given. */
export function fromToggles(
  { chosen, fixed }: Pick<Toggles, 'chosen' | 'fixed'>,
  on: ReadonlySet<RoadEntry>,
  place: Place,
  base: Variant,
  { choice, ...more }: Partial<Variant> & { readonly choice?: ReadonlyMap<RoadEntry, StepVariant> } = {},
): Variant {
  const entries = [...chosen.filter((entry) => on.has(entry)), ...fixed].sort((a, b) => a.at - b.at);
  const of = (entry: RoadEntry) => choice?.get(entry) ?? entry.adopted;
  const named = chosen.filter((entry) => on.has(entry));
  const last = named.at(-1);
  return {
    ...variant(named.map((entry) => of(entry).name).join('+'), 'step', null),
    base: base.name,
    steps: entries.map((entry) => call(entry, of(entry))),
    stepNames: entries.map((entry) => of(entry).name),
    step: last?.name ?? null,
    title: named.map((entry) => of(entry).title).join(' + '),
    ...place.design,
    ...more,
  };
}
