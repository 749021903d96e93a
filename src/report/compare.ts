import type { DoneResult } from '../records/result.js';
import { binomialStandardError } from '../statistics/binomial.js';
import type { Comparison } from '../statistics/family.js';
import { ofDifferences, type PairedDifference } from '../statistics/paired.js';
import { pictureVariance } from '../statistics/pictures.js';
import type { Exemption } from '../statistics/verdict.js';
import { unlike } from './conditions.js';
import { correctOf, doneRuns, type RunState } from './runs.js';

/** Of a variant, what a comparison needs. */
export interface Side {
  /** The network that was trained, under the name of its first variant. */
  readonly network: string;
  readonly states: readonly RunState[];
  readonly atChance: boolean;
  readonly testImages: number | null;
}

/** Two variants, seed by seed, with what speaks against comparing them. */
export interface Change {
  readonly comparison: Comparison;
  readonly difference: PairedDifference | null;
  /** In words, where the comparison is not judged: `other test pictures`. */
  readonly because: string | null;
  /** Seeds that both have whose runs are not alike, and are left out. */
  readonly unlike: readonly { readonly seed: number; readonly how: string }[];
}

/**
 * The difference of `after` and `before` over the seeds whose two runs are alike in data, code, engine and precision.
 * Where none are alike the difference is shown and not judged; nor is it where every pair ended with the same weights. `informs`: whether its spread is one of the steps'.
 */
export function changeBetween(after: Side, before: Side, informs = true): Change {
  const [a, b] = [bySeed(after), bySeed(before)];
  const all = [...new Set([...a.keys(), ...b.keys()])].sort((x, y) => x - y);
  const common = all.filter((seed) => a.has(seed) && b.has(seed));
  const apart = common.flatMap((seed) => {
    const how = unlike(a.get(seed)?.files.run ?? null, b.get(seed)?.files.run ?? null);
    return how.length > 0 ? [{ seed, how: how.join(', ') }] : [];
  });
  const alike = common.filter((seed) => !apart.some((pair) => pair.seed === seed));
  const seeds = alike.length > 0 ? alike : common;
  const difference = ofDifferences(
    seeds,
    seeds.map((seed) => (a.get(seed)?.top1 as number) - (b.get(seed)?.top1 as number)),
    all.filter((seed) => !common.includes(seed)),
  );
  const repeats = alike.length > 0 && alike.every((seed) => isRepeat(a.get(seed)?.result, b.get(seed)?.result));
  const [exempt, because] = exemption(after, before, { apart: alike.length === 0 ? apart : [], repeats });
  const correct = ({ states }: Side) => correctOf(doneRuns(states).filter(({ seed }) => seeds.includes(seed)));
  const comparison: Comparison = {
    terms: [
      [after.network, 1],
      [before.network, -1],
    ],
    difference,
    pictures: pictureVariance(correct(after), correct(before), seeds),
    floor: floorOf(after, seeds, a),
    informs,
    exempt,
  };
  return { comparison, difference, because, unlike: alike.length > 0 ? apart : [] };
}

const isMissing = ({ status }: RunState): boolean =>
  status === 'missing' || status === 'unfinished' || status === 'stale';

/** Whether two runs ended with the same weights: as good as sure where the loss over a whole test set is equal to its last bit. */
const isRepeat = (a: DoneResult | undefined, b: DoneResult | undefined): boolean =>
  a !== undefined && a.top1 === b?.top1 && a.loss === b.loss;

function exemption(
  after: Side,
  before: Side,
  { apart, repeats }: { readonly apart: Change['unlike']; readonly repeats: boolean },
): [Exemption | null, string | null] {
  if (after.network === before.network || repeats) return ['changes nothing', null];
  if ([after, before].some(({ states }) => states.every(isMissing))) return ['not run', null];
  if (after.atChance || before.atChance) return ['at chance', null];
  return apart.length > 0 ? ['not comparable', [...new Set(apart.map(({ how }) => how))].join('; ')] : [null, null];
}

const bySeed = ({ states }: Side) =>
  new Map(doneRuns(states).map(({ seed, files, result }) => [seed, { files, result, top1: 100 * result.top1 }]));

/** Standard error of the accuracy by the test set's size alone, in points. */
function floorOf({ testImages }: Side, seeds: readonly number[], results: ReturnType<typeof bySeed>): number | null {
  if (testImages === null || seeds.length === 0) return null;
  const mean = seeds.reduce((sum, seed) => sum + (results.get(seed)?.top1 as number), 0) / seeds.length;
  return 100 * binomialStandardError(mean / 100, testImages);
}
