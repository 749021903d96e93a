import { pluginPlace } from '../plugin-place.js';
import { RoadError } from '../catalogue.js';
import { isLacking, type Toggles } from '../toggles.js';
import { fromToggles, type Variant } from '../variant.js';

/** A set of steps that a strategy asks for. */
export interface AskedSet {
  /** Names of entries of the road; their order does not matter: the road's holds. */
  readonly steps: readonly string[];
  /** The steps of the network that this one is set against, which must be asked for too or be none; left out: none. */
  readonly against?: readonly string[];
}

/** Which networks of a road are trained: a pure function from its steps to sets of them. */
export interface OwnStrategy {
  /** Lower-case words and hyphens: what a suite's `strategy` says. */
  readonly id: string;
  /** What it is for, in a sentence. */
  readonly about: string;
  readonly sets: (steps: readonly string[]) => readonly AskedSet[];
  /** `file:line` of its definition. */
  readonly definedAt: string | null;
}

/** Declares a strategy of one's own; docs/extending.md. */
export function defineStrategy(definition: Omit<OwnStrategy, 'definedAt'>): OwnStrategy {
  return { ...definition, definedAt: pluginPlace(new Error().stack) };
}

/**
 * The networks that a strategy of a plug-in asks for, the base first. Throws a `RoadError` where it throws, where what it
 * returns is no list of sets, and for a set that is no network, naming what a step needs.
 */
export function ownStrategy({ chosen, ...parts }: Toggles, base: Variant, strategy: OwnStrategy): Variant[] {
  const known = chosen.map(({ name }) => name);
  const where = `the strategy ${strategy.id}${strategy.definedAt ? ` (${strategy.definedAt})` : ''}`;
  const setOf = (names: unknown): ReadonlySet<(typeof chosen)[number]> => {
    if (!Array.isArray(names)) throw new RoadError(`${where} gives a set that is no list of steps' names`);
    const unknown = names.find((name) => !known.includes(name));
    if (unknown !== undefined)
      throw new RoadError(
        `${where} asks for ${JSON.stringify(unknown)}, which is not on the road (${known.join(', ')})`,
      );
    return new Set(chosen.filter(({ name }) => names.includes(name)));
  };
  const nameOf = (set: ReadonlySet<(typeof chosen)[number]>) =>
    chosen.flatMap((entry) => (set.has(entry) ? [entry.adopted.name] : [])).join('+') || base.name;
  const made = new Map<string, Variant>([[base.name, base]]);
  const asked = askedSets(strategy, known, where);
  for (const { steps, against = [] } of asked) {
    const set = setOf(steps);
    if (set.size === 0) continue;
    const place = parts.at(set);
    if (isLacking(place)) throw new RoadError(`${where} asks for ${nameOf(set)}: ${place.why}`, place.entry.name);
    const network = fromToggles({ chosen, ...parts }, set, place, base, { parent: nameOf(setOf(against)) });
    if (!made.has(network.name)) made.set(network.name, network);
  }
  for (const { name, parent } of made.values()) {
    if (parent !== null && !made.has(parent))
      throw new RoadError(`${where} sets ${name} against ${parent}, which it does not ask for`);
    if (parent === name) throw new RoadError(`${where} sets ${name} against itself`);
  }
  return [...made.values()];
}

function askedSets({ sets }: OwnStrategy, known: readonly string[], where: string): readonly AskedSet[] {
  let asked: unknown;
  try {
    asked = sets(Object.freeze([...known]));
  } catch (error) {
    const place = error instanceof Error ? pluginPlace(error.stack) : null;
    throw new RoadError(`${where} fails${place ? ` (${place})` : ''}: ${(error as Error).message ?? error}`);
  }
  if (!Array.isArray(asked) || asked.some((one) => one === null || typeof one !== 'object' || !('steps' in one)))
    throw new RoadError(`${where} must return a list such as [{ steps: ['gelu'] }]`);
  return asked as AskedSet[];
}
