import type { Model } from '../architecture/model.js';
import type { Network } from '../architecture/network.js';
import { WeightsError } from './error.js';
import type { TensorEntry } from './header.js';
import { type Naming, readingRules, ruleSet, namingsOf } from './naming/index.js';
import type { RuleSet } from './naming/rule.js';
import { type NamedShape, type Place, placesOf } from './place.js';
import { type View, viewBelow, viewsOf } from './prefix.js';

/** One way to read a file for a network: whose names, without which prefix. */
export interface Reading {
  readonly naming: Naming;
  readonly places: readonly Place[];
  readonly view: View;
  /** Tensors that the file has under the names of this reading, those of the right shape counted twice. */
  readonly score: number;
}

export interface ReadingOptions {
  /** Whose names; left out, those that fit best. */
  readonly naming?: Naming | undefined;
  /** The part of the file's names before the network's own; left out, the common one that fits best. */
  readonly prefix?: string | undefined;
  /** Whether names of other networks on the road count too. */
  readonly partial: boolean;
}

/**
 * The reading of a file that fits a network best. Throws a `WeightsError` where the file has no tensor below the prefix
 * asked for, or holds the network twice under prefixes between which nobody has chosen.
 */
export function bestReading(
  path: string,
  entries: ReadonlyMap<string, TensorEntry>,
  network: Network,
  model: Model,
  { naming, prefix, partial }: ReadingOptions,
): Reading {
  const views = prefix === undefined ? viewsOf(entries.values()) : [viewBelow(entries.values(), prefix)];
  if (views[0]?.entries.size === 0 && entries.size > 0) {
    throw new WeightsError(`${path}: no tensor's name begins with "${prefix}"`);
  }
  const readings: Reading[] = [];
  for (const [name, rules] of rulesTried(network, naming, partial)) {
    for (const places of placesTried(model, rules)) {
      for (const view of views) readings.push({ naming: name, places, view, score: scoreOf(places, view) });
    }
  }
  const best = readings.reduce((one, other) => (other.score > one.score ? other : one));
  const twice = readings.find((other) => isRival(best, other));
  if (twice) {
    const both = [best, twice].map(({ view }) => `"${view.prefix}"`).join(' and under ');
    throw new WeightsError(
      `${path} holds ${network.name} more than once, under ${both}.\nNext: say which with --prefix ${twice.view.prefix} (in a suite: weights: { file, prefix: ${twice.view.prefix} })`,
    );
  }
  return best;
}

function rulesTried(
  network: Network,
  naming: Naming | undefined,
  partial: boolean,
): readonly (readonly [Naming, RuleSet])[] {
  const all = partial
    ? readingRules(network)
    : namingsOf(network).map((name) => [name, ruleSet(network, name)] as const);
  if (naming === undefined) return all;
  const asked = all.filter(([name]) => name === naming);
  // A naming that the network does not have is refused in `ruleSet`'s words.
  return asked.length > 0 ? asked : [[naming, ruleSet(network, naming)]];
}

/** Where parameters may lie by a tool's rules: by each of its ways of naming, in a whole classifier or its trunk alone. */
function placesTried(model: Model, rules: RuleSet): readonly (readonly Place[])[] {
  const { root, also } = rules;
  const whole = placesOf(model, rules);
  const trunk = root === undefined ? [] : [whole.map((place) => withoutRoot(place, root))];
  return [whole, ...trunk, ...(also ? placesTried(model, also) : [])];
}

const withoutRoot = (place: Place, root: string): Place => ({
  ...place,
  tensors: place.tensors.map(({ name, shape }) => ({
    name: name.startsWith(root) ? name.slice(root.length) : name,
    shape,
  })),
});

const scoreOf = (places: readonly Place[], { entries }: View): number => {
  let score = 0;
  for (const { tensors } of places) {
    for (const tensor of tensors) {
      const entry = entries.get(tensor.name);
      if (entry) score += sameShape(tensor, entry) ? 2 : 1;
    }
  }
  return score;
};

/** Whether a tensor has a shape, or the shape with sides of 1 behind it: a linear layer kept as a 1x1 convolution. */
export function sameShape({ shape: expected }: NamedShape, { shape: found }: NamedShape): boolean {
  const bare = found.length > expected.length ? found.slice(0, expected.length) : found;
  const ones = found.slice(bare.length).every((side) => side === 1);
  return ones && bare.length === expected.length && bare.every((side, at) => side === expected[at]);
}

/** Whether another prefix holds the same network in other tensors. */
function isRival(best: Reading, other: Reading): boolean {
  if (best.score === 0 || other.score !== best.score || other.view.prefix === best.view.prefix) return false;
  if (best.naming !== other.naming) return false;
  const first = (reading: Reading) => {
    const name = reading.places[0]?.tensors[0]?.name ?? '';
    return reading.view.entries.get(name);
  };
  return first(best) !== first(other);
}
