import {
  counted,
  duration,
  grouped,
  inUnit,
  none,
  percent,
  pValue,
  seedList,
  signed,
  signedInUnit,
  unitFor,
  withSpread,
} from '../format.js';
import { claimOf, labelOf, verdictText } from '../labels.js';
import type { Pair, PairSide } from '../pair.js';
import { classRow } from './by-picture.js';
import type { Table } from './table.js';

const nameOf = ({ row, suite }: PairSide, other: PairSide): string =>
  suite === other.suite ? labelOf(row) : `${labelOf(row)} of ${suite}`;

/** The answer of a comparison, and how it was come by. */
export function pairSentences(pair: Pair): string[] {
  const { before, after, paired, unpaired, because } = pair;
  const [then, now] = [nameOf(before, after), nameOf(after, before)];
  const seeds = (side: PairSide) => seedList([...side.row.bySeed.keys()]);
  if (!before.row.top1 || !after.row.top1)
    return [`Nothing can be compared: ${before.row.top1 ? now : then} has no finished run.`];
  const found = paired?.change.difference ?? unpaired;
  const mean = found?.mean ?? after.row.top1.mean - before.row.top1.mean;
  const size = `${now} less ${then}: ${signed(mean)} points`;
  if (because.length > 0) return [`${size}, and no verdict: ${because.join('; ')}.`];
  const range = (interval: readonly [number, number]) =>
    `between ${signed(interval[0])} and ${signed(interval[1])} with 95%`;
  const alone =
    'It is one comparison, judged alone: of one that was picked out of many for its size, believe the interval of the report, which holds for all of them.';
  if (paired) {
    const { judged, change } = paired;
    const { interval, adjustedP } = judged;
    const kept = change.comparison.pictures === null ? ', the choice of test pictures not included' : '';
    const verdict = claimOf(judged) ?? verdictText({ judged, change });
    return [
      `${size}${interval ? `, ${range(interval)}${kept}` : ''}: ${verdict}${adjustedP === null ? '' : ` (p ${pValue(adjustedP)})`}.`,
      `Paired by ${counted(change.difference?.seeds.length ?? 0, 'seed')} (${seedList(change.difference?.seeds ?? [])})${leftOut(paired)}. ${alone}`,
    ];
  }
  if (!unpaired) return [`${size}; two runs of each at least would tell how sure that is.`];
  const { interval, p, degrees } = unpaired;
  const claim = interval[0] > 0 ? 'helps' : interval[1] < 0 ? 'hurts' : 'unresolved';
  return [
    `${size}, ${range(interval)}: ${claim} (p ${pValue(p)}).`,
    `No seed is common (${seeds(before)} and ${seeds(after)}), so that the means are compared as those of two samples (Welch, ${percent(degrees, 1)} degrees of freedom). ${alone}`,
  ];
}

function leftOut({ change }: NonNullable<Pair['paired']>): string {
  const apart = change.unlike.map(({ seed, how }) => `${seed} (${how})`);
  const alone = change.difference?.unpaired ?? [];
  return [
    ...(alone.length > 0 ? [`; only one of the two has ${seedList(alone)}`] : []),
    ...(apart.length > 0 ? [`; not alike, and left out: ${apart.join(', ')}`] : []),
  ].join('');
}

/** Accuracy and cost of the two. */
export function pairCosts({ before, after, paired, unpaired }: Pair): Table {
  const sides = [before, after] as const;
  const rows = sides.map(({ row }) => row);
  const unit = (of: (side: PairSide) => number) => unitFor(sides.map(of));
  const difference = (of: (side: PairSide) => number | undefined, write: (value: number) => string) => {
    const [a, b] = [of(after), of(before)];
    return a === undefined || b === undefined ? none : write(a - b);
  };
  const [macs, params] = [unit(({ row }) => row.variant.macs), unit(({ row }) => row.variant.params)];
  const line = (
    what: string,
    of: (side: PairSide) => number | undefined,
    write: (value: number) => string,
    change: (value: number) => string,
  ): string[] => [
    what,
    ...sides.map((side) => {
      const value = of(side);
      return value === undefined ? none : write(value);
    }),
    difference(of, change),
  ];
  const mean = (paired?.change.difference ?? unpaired)?.mean;
  const whole = (value: number) => grouped(Math.round(value));
  const signedWhole = (value: number) => `${value < 0 ? '−' : value > 0 ? '+' : ''}${whole(Math.abs(value))}`;
  const mebi = ({ row }: PairSide) => (row.peakMemoryBytes ? row.peakMemoryBytes.mean / 2 ** 20 : undefined);
  return {
    columns: [
      { heading: '' },
      { heading: nameOf(before, after), right: true },
      { heading: nameOf(after, before), right: true },
      { heading: 'difference', right: true },
    ],
    rows: [
      [
        'top-1, %',
        ...rows.map(({ top1 }) => (top1 ? withSpread(top1) : none)),
        mean === undefined ? none : signed(mean),
      ],
      line(
        'seeds',
        ({ row }) => row.bySeed.size,
        whole,
        () => '',
      ),
      line(
        `${macs.letter}MACs`,
        ({ row }) => row.variant.macs,
        (value) => inUnit(value, macs),
        (value) => signedInUnit(value, macs),
      ),
      line(
        `parameters, ${params.letter}`,
        ({ row }) => row.variant.params,
        (value) => inUnit(value, params),
        (value) => signedInUnit(value, params),
      ),
      line('images/s', ({ row }) => row.imagesPerSecond?.mean, whole, signedWhole),
      line('peak memory, MiB', mebi, whole, signedWhole),
      line(
        'training a run',
        (side) => side.trainingSeconds?.mean,
        duration,
        (value) => `${value < 0 ? '−' : '+'}${duration(Math.abs(value))}`,
      ),
    ],
  };
}

/** In what the two designs differ; null where they do not, or a record is missing. */
export function pairDesign({ before, after, design }: Pair): Table | null {
  if (!design || design.length === 0) return null;
  return {
    columns: [{ heading: 'field' }, { heading: nameOf(before, after) }, { heading: nameOf(after, before) }],
    rows: design.map(({ field, before: then, after: now }) => [field, then ?? none, now ?? none]),
  };
}

/** What the test pictures say: a line a sentence. */
export function pairPictures(pair: Pair): string[] {
  const { pictures, before, after } = pair;
  if (!pictures)
    return ['Not all of these runs keep predictions of the same pictures, so nothing is said picture by picture.'];
  const { churn, mcNemar, doubt } = pictures;
  const share = (value: number | null) => (value === null ? none : `${percent(100 * value, 1)}%`);
  const tests = mcNemar.map(
    ({ seed, gained, lost, p }) => `seed ${seed} +${grouped(gained)} −${grouped(lost)}, p ${pValue(p)}`,
  );
  return [
    `Of the test pictures two seeds of ${nameOf(before, after)} name ${share(churn.before)} differently, two of ${nameOf(after, before)} ${share(churn.after)}, the two networks with equal seeds ${share(churn.equalSeeds)}, with different ones ${share(churn.otherSeeds)}.`,
    ...(tests.length > 0
      ? [
          `Pictures that only one of the two has right, and McNemar's exact test, of these trained networks alone: ${tests.join('; ')}.`,
        ]
      : []),
    ...(doubt ? [doubtSentence(doubt)] : []),
  ];
}

function doubtSentence({
  variance,
  interval,
  seeds,
  pictures,
}: NonNullable<NonNullable<Pair['pictures']>['doubt']>): string {
  const all = variance.seeds + variance.pictures + variance.both;
  const part = (value: number) => `${percent(all === 0 ? 0 : (100 * value) / all, 0)}%`;
  const range = ([low, high]: readonly [number, number]) => `${signed(low)} to ${signed(high)}`;
  return `Of the variance of the difference ${part(variance.seeds)} is that of seeds, which more seeds lessen, ${part(variance.pictures)} that of the choice of test pictures, which more of them lessen, and ${part(variance.both)} each answer's own luck, which either does. Drawing the ${counted(seeds, 'seed')} anew gives ${range(interval.seeds)} points, the ${counted(pictures, 'picture')} ${range(interval.pictures)}, both ${range(interval.both)} (Owen's two-way bootstrap; of few seeds it is too short, and no verdict stands on it).`;
}

/** Class by class, the largest changes first; null where that is not known. */
export function pairClasses({ before, after, pictures }: Pair): Table | null {
  if (!pictures || pictures.classes.length === 0) return null;
  const classes = [...pictures.classes].sort((a, b) => Math.abs(b.difference.mean) - Math.abs(a.difference.mean));
  return {
    columns: [
      { heading: 'class' },
      { heading: `${nameOf(before, after)}, %`, right: true },
      { heading: `${nameOf(after, before)}, %`, right: true },
      { heading: 'Δ', right: true },
      { heading: '95% interval, all together', right: true },
      { heading: 'verdict' },
    ],
    rows: classes.map(classRow),
  };
}
