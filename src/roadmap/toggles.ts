import { nearest } from '../config/problem.js';
import { missingRequirement, RoadError } from './catalogue.js';
import type { RoadEntry, StepVariant } from './entry.js';
import type { Place } from './walk.js';

/** A road on which some entries are varied and the others stay on. */
export interface Toggles {
  /** The varied ones, in road order. */
  readonly chosen: readonly RoadEntry[];
  readonly fixed: readonly RoadEntry[];
  /**
   * The design of the fixed entries and those of `on`, in road order: a set of steps is one network, whatever order it was
   * reached in. A string where it cannot be: which entry lacks what.
   *
   * @param choice another value of an entry than the one that it adopts
   */
  at(on: ReadonlySet<RoadEntry>, choice?: ReadonlyMap<RoadEntry, StepVariant>): Place | Lacking;
}

/** Why a set of steps is no network. */
export interface Lacking {
  readonly entry: RoadEntry;
  readonly why: string;
}

export const isLacking = (found: Place | Lacking): found is Lacking => 'why' in found;

/**
 * Divides a road's entries by the names that are to be varied (null: all). An entry goes by its own name or by that of its
 * network. Throws a `RoadError` for a name that no entry has, and for one that is there twice.
 */
export function toggles(entries: readonly RoadEntry[], names: readonly string[] | null, start: Place): Toggles {
  const wanted = new Set(names === null ? entries : names.map((name) => entryNamed(entries, name)));
  if (names !== null && wanted.size < names.length) {
    const twice = names.find((name, at) => names.indexOf(name) !== at) ?? (names.at(-1) as string);
    throw new RoadError(`the strategy's \`steps\` name ${twice} twice; once is enough`);
  }
  return {
    chosen: entries.filter((entry) => wanted.has(entry)),
    fixed: entries.filter((entry) => !wanted.has(entry)),
    at(on, choice) {
      let place = start;
      for (const entry of entries) {
        if (wanted.has(entry) && !on.has(entry)) continue;
        if (!place.admits(entry)) return { entry, why: whyNot(entry, place) };
        place = place.follow(entry, choice?.get(entry));
      }
      return place;
    },
  };
}

function whyNot({ step, name }: RoadEntry, { design }: Place): string {
  return missingRequirement(step, design.network) ?? `${name} finds no recipe that it could change`;
}

function entryNamed(entries: readonly RoadEntry[], name: string): RoadEntry {
  const found = entries.find((entry) => entry.name === name || entry.adopted.name === name);
  if (found) return found;
  const known = entries.map((entry) => entry.name);
  const guess = nearest(name, known);
  const hint = guess ? `did you mean "${guess}"?` : `there are ${known.join(', ') || 'none that are on'}`;
  throw new RoadError(`the strategy's \`steps\` name "${name.slice(0, 60)}", which is not on the road; ${hint}`);
}

/**
 * Throws a `RoadError` where the fixed entries cannot stand without some of the chosen ones: it names the one to add.
 */
export function startOf(parts: Toggles): Place {
  const found = parts.at(new Set());
  if (!isLacking(found)) return found;
  const { name } = found.entry;
  throw new RoadError(
    `${found.why}; ${name} stays on in every network of this strategy, so add it to \`steps\`, or switch it off`,
    name,
  );
}
