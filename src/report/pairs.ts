import { judgeFamily, type Judged } from '../statistics/family.js';
import { type Change, changeBetween } from './compare.js';
import { verdictText } from './labels.js';
import type { Row, Study } from './study.js';

/** Any two networks of a study, so that a reader may choose: `after` minus `before`, by their places among its rows. */
export interface RowPair {
  readonly before: number;
  readonly after: number;
  /** Seeds that the difference is over, ascending. */
  readonly seeds: readonly number[];
  /** In percent points. */
  readonly mean: number;
  /** 95%; null where the two are not judged. */
  readonly interval: readonly [number, number] | null;
  /** Whether the interval holds together with the report's others, or for this pair alone. */
  readonly together: boolean;
  /** The verdict, and what it is the other way round. */
  readonly verdict: string;
  readonly reversed: string;
}

/** Pairs beyond this take longer to compute than the rest of the report: then only those that it judges anyway. */
const mostPairs = 2500;

/** Every two networks that were both trained, each pair once; see `ablate compare`, which judges as these are. */
export function rowPairs(study: Study): RowPair[] {
  const networks = study.rows.flatMap((row, at) => (row.top1 && row.network === row.variant.name ? [at] : []));
  const asked = askedPairs(study);
  const all = (networks.length * (networks.length - 1)) / 2 <= mostPairs;
  return networks.flatMap((before, place) =>
    networks.slice(place + 1).flatMap((after): RowPair[] => {
      const key = keyOf(study.rows[before] as Row, study.rows[after] as Row);
      const known = asked.get(key);
      if (known) return pairFrom(before, after, known);
      return all ? pairFrom(before, after, alone(study.rows[before] as Row, study.rows[after] as Row)) : [];
    }),
  );
}

interface JudgedChange {
  readonly change: Change;
  readonly judged: Judged;
  readonly together: boolean;
  /** Whether the change is that of the earlier network against the later one. */
  readonly backwards: boolean;
}

const keyOf = (before: Row, after: Row): string => JSON.stringify([before.network, after.network]);

/** What the report judges itself, in both directions. */
function askedPairs({ rows, challenges, whole }: Study): ReadonlyMap<string, JudgedChange> {
  const changes = [
    ...rows.flatMap((after) => {
      const before = rows.find(({ variant }) => variant.name === after.variant.parent);
      return before && after.change && after.judged
        ? [{ before, after, change: after.change, judged: after.judged }]
        : [];
    }),
    ...challenges.map(({ end, comparator, change, judged }) => ({ before: comparator, after: end, change, judged })),
    ...(whole ? [{ ...whole, before: whole.start, after: whole.end }] : []),
  ];
  return new Map(
    changes.flatMap(({ before, after, change, judged }): [string, JudgedChange][] => {
      const known = { change, judged, together: true };
      return [
        [keyOf(before, after), { ...known, backwards: false }],
        [keyOf(after, before), { ...known, backwards: true }],
      ];
    }),
  );
}

function alone(before: Row, after: Row): JudgedChange {
  const change = changeBetween(after, before);
  const [judged] = judgeFamily([change.comparison], { target: null, flips: false }).judged;
  return { change, judged: judged as Judged, together: false, backwards: false };
}

function pairFrom(before: number, after: number, { change, judged, together, backwards }: JudgedChange): RowPair[] {
  const { difference } = change;
  if (!difference) return [];
  const [there, back] = [judged, mirrored(judged)].map((one) => verdictText({ judged: one, change }));
  const stands: RowPair = {
    ...{ before, after, seeds: difference.seeds, mean: difference.mean, interval: judged.interval, together },
    ...{ verdict: there as string, reversed: back as string },
  };
  return [backwards ? reversed(stands) : stands];
}

const negated = ([low, high]: readonly [number, number]): [number, number] => [-high, -low];

const reversed = ({ mean, interval, verdict, reversed: back, ...pair }: RowPair): RowPair => ({
  ...pair,
  mean: -mean,
  interval: interval && negated(interval),
  verdict: back,
  reversed: verdict,
});

/** The same finding about the difference the other way round, as far as words tell of it. */
function mirrored(judged: Judged): Judged {
  const { verdict, lean } = judged;
  const turned = { helps: 'hurts', hurts: 'helps' } as const;
  return {
    ...judged,
    verdict:
      verdict.verdict === 'helps' || verdict.verdict === 'hurts'
        ? { verdict: turned[verdict.verdict], why: null }
        : verdict,
    lean: lean && (lean === 'up' ? 'down' : 'up'),
  };
}
