import type { Arrangement } from '../roadmap/arrangement.js';
import type { OpenedSuite } from './suite.js';

/** Networks that are bought together. */
export interface Unit {
  readonly names: readonly string[];
  /** Networks without which these say nothing: what they are compared with, or whose choice they wait for. */
  readonly needs: readonly string[];
}

/** An error of Shapley values is told from these on. */
const fewestOrders = 4;

/** The networks of a suite that a choice is made among, and what they are to each other. */
export type Choosable = Pick<OpenedSuite, 'variants' | 'sweeps' | 'arrangement'>;

/** A suite's networks as they are bought, in the order of their worth, none before what it needs. */
export function unitsOf(suite: Choosable): readonly Unit[] {
  const { variants, arrangement } = suite;
  const names = variants.map(({ variant }) => variant.name);
  // All orders there are stand in no random order: the first of them are no draw.
  if (arrangement?.kind === 'random-orders' && arrangement.orders.length < arrangement.lawfulOrders)
    return ordersFirst(arrangement, names);
  if (arrangement) return names.length > 0 ? [{ names, needs: [] }] : [];
  return needsFirst(byWorth(suite));
}

/**
 * The orders from the first on, in twos since each may stand beside its reverse, then the networks that lie on none. An order
 * needs those that were drawn before it: which of them are cheap is no chance, and without chance there is no error.
 */
function ordersFirst({ orders }: Extract<Arrangement, { kind: 'random-orders' }>, names: readonly string[]): Unit[] {
  const left = new Set(names);
  const rest = orders.slice(fewestOrders);
  const pairs = rest.flatMap((_, at) => (at % 2 === 0 ? [rest.slice(at, at + 2)] : []));
  const units: Unit[] = [];
  for (const pair of [orders.slice(0, fewestOrders), ...pairs]) {
    const added = [...new Set(pair.flatMap(({ networks }) => networks))].filter((name) => left.delete(name));
    if (added.length > 0) units.push({ names: added, needs: units.at(-1)?.names ?? [] });
  }
  const drawn = units[0]?.names ?? [];
  return [...units, ...[...left].map((name) => ({ names: [name], needs: drawn }))];
}

/** The road itself, step by step; networks to compare with; values that the road does not go on with. */
function byWorth({ variants, sweeps }: Choosable): Unit[] {
  const together = new Map(sweeps.flatMap(({ values }) => values.map((name) => [name, values] as const)));
  const worth = ({ kind, name, adopted }: OpenedSuite['variants'][number]['variant']): number =>
    kind === 'compare' ? 1 : adopted || together.has(name) ? 0 : 2;
  const there = new Set(variants.map(({ variant }) => variant.name));
  const start = variants.find(({ variant }) => variant.kind === 'base')?.variant.name ?? null;
  const needs = new Map(
    variants.map(({ variant: { name, kind, parent }, sameAs }) => [
      name,
      [kind === 'compare' ? start : parent, sameAs].flatMap((one) => (one !== null && there.has(one) ? [one] : [])),
    ]),
  );
  const unit = (name: string): Unit => {
    const names = (together.get(name) ?? [name]).filter((one) => there.has(one));
    return { names, needs: names.flatMap((one) => needs.get(one) ?? []).filter((one) => !names.includes(one)) };
  };
  const ordered = [...variants].sort((a, b) => worth(a.variant) - worth(b.variant));
  const units = ordered.map(({ variant }) => unit(variant.name));
  return units.filter(({ names }, at) => units.findIndex((one) => one.names[0] === names[0]) === at);
}

/** The units in their order, but each behind what it needs. */
function needsFirst(units: readonly Unit[]): Unit[] {
  const of = new Map(units.flatMap((unit) => unit.names.map((name) => [name, unit] as const)));
  const placed = new Set<Unit>();
  const made: Unit[] = [];
  const place = (unit: Unit): void => {
    if (placed.has(unit)) return;
    placed.add(unit);
    for (const name of unit.needs) place(of.get(name) as Unit);
    made.push(unit);
  };
  units.forEach(place);
  return made;
}
