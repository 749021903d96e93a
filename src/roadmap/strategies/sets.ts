import type { Bits } from './lawful-orders.js';
import type { RoadEntry } from '../entry.js';
import { isLacking, startOf, type Toggles } from '../toggles.js';
import { fromToggles, type Variant } from '../variant.js';
import type { Place } from '../walk.js';

/** The networks of sets of a road's varied entries, each made once. */
export interface SetNetworks {
  /** Whether the set is a network. */
  lawful(set: Bits): boolean;
  entries(set: Bits): ReadonlySet<RoadEntry>;
  /** Of a lawful set, named after its steps; the start for none. */
  network(set: Bits, more?: Partial<Variant>): Variant;
}

/** Throws a `RoadError` where the entries that stay on cannot stand without the varied ones. */
export function setNetworks(parts: Toggles, base: Variant): SetNetworks {
  const places = new Map<Bits, Place | null>([[0, startOf(parts)]]);
  const entries = (set: Bits) => new Set(parts.chosen.filter((_, at) => set & (1 << at)));
  const placeOf = (set: Bits): Place | null => {
    const known = places.get(set);
    if (known !== undefined) return known;
    const found = parts.at(entries(set));
    const place = isLacking(found) ? null : found;
    places.set(set, place);
    return place;
  };
  return {
    entries,
    lawful: (set) => placeOf(set) !== null,
    network: (set, more = {}) => {
      const place = placeOf(set) as Place;
      if (set === 0) return { ...startNetwork(parts, place, base), ...more };
      return fromToggles(parts, entries(set), place, base, more);
    },
  };
}

/** The network with none of the varied entries: the base itself, or the base with those that stay on. */
function startNetwork(parts: Toggles, place: Place, base: Variant): Variant {
  if (parts.fixed.length === 0) return base;
  const with_ = parts.fixed.map(({ adopted }) => adopted.title).join(' + ');
  const made = fromToggles(parts, new Set(), place, base);
  return { ...made, name: 'start', kind: 'base', title: `${base.title} + ${with_}` };
}
