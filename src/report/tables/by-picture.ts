import type { ClassGain, Ends, PictureRow } from '../by-picture.js';
import { none, percent, signed, intervalText } from '../format.js';
import { claimOf, labelOf } from '../labels.js';
import type { Table } from './table.js';

/** A line a network: how its seeds disagree, how sure it is, how it differs from the one `against` says (`comparedWith`). */
export function pictureTable(rows: readonly PictureRow[], against: string): Table | null {
  if (rows.length === 0) return null;
  const share = (value: number | null | undefined, digits = 1) => (value == null ? none : percent(100 * value, digits));
  return {
    columns: [
      { heading: 'network' },
      { heading: 'its seeds disagree, %', right: true },
      { heading: `it differs from the one ${against}, %`, right: true },
      { heading: 'seeds that differ (McNemar)', right: true },
      { heading: 'doubt from seeds', right: true },
      { heading: 'doubt from pictures', right: true },
      { heading: 'calibration error, %', right: true },
      { heading: 'by chance alone, %', right: true },
      { heading: 'too sure by, %', right: true },
    ],
    rows: rows.map(({ row, churn, calibration, step }) => [
      labelOf(row),
      share(churn),
      share(step?.churn),
      step ? `${step.differing} of ${step.seeds}` : none,
      step?.picturesShare == null ? none : `${percent(100 * (1 - step.picturesShare), 0)}%`,
      step?.picturesShare == null ? none : `${percent(100 * step.picturesShare, 0)}%`,
      share(calibration?.error),
      share(calibration?.byChance),
      calibration ? signed(100 * calibration.overconfidence, 1) : none,
    ]),
  };
}

export const pictureNotes = (against: string): readonly string[] => [
  `Disagreement is the share of test pictures that two trained networks name differently: two seeds of one network, and a network and the one ${against} with equal seeds. Where a step changes hardly more pictures than another seed does, it changes the network hardly more than chance does.`,
  'McNemar: with so many of the seeds the two trained networks differ in which pictures they have right (exact test, 5%). It is about those networks; the verdict on the step, which another seed has to repeat, is that of the table of steps.',
  'Doubt: how much of the variance behind the interval is that of seeds, which more seeds lessen, and how much the choice of test pictures, which only more test pictures lessen.',
  'Calibration error: mean distance between how sure a network is and how often it is right, over 15 bins; by chance a network that is right as often as it says would show the second number on so many pictures. Too sure by: mean confidence less accuracy.',
];

/** A class at both ends of a comparison, with its gain. */
export const classRow = ({ name, start, end, difference, judged }: ClassGain): string[] => [
  name,
  percent(start, 1),
  percent(end, 1),
  signed(difference.mean, 1),
  intervalText(judged.interval, 1),
  claimOf(judged) ?? 'unresolved',
];

/** The classes at the road's two ends, most gained first. */
export const classTable = ({ classes }: Ends): Table => ({
  columns: [
    { heading: 'class' },
    { heading: 'start, %', right: true },
    { heading: 'end, %', right: true },
    { heading: 'Δ', right: true },
    { heading: '95% interval', right: true },
    { heading: 'verdict' },
  ],
  rows: [...classes].sort((a, b) => b.difference.mean - a.difference.mean).map(classRow),
});

const mostConfusions = 8;

/** The confusions that changed most from the road's start to its end; null where none did. */
export function confusionTable({ confusions }: Ends): Table | null {
  const changed = confusions.filter(({ start, end }) => start !== end).slice(0, mostConfusions);
  if (changed.length === 0) return null;
  return {
    columns: [
      { heading: 'class' },
      { heading: 'taken for' },
      { heading: 'start, %', right: true },
      { heading: 'end, %', right: true },
      { heading: 'Δ', right: true },
    ],
    rows: changed.map(({ right, named, start, end }) => [
      right,
      named,
      percent(start, 1),
      percent(end, 1),
      signed(end - start, 1),
    ]),
  };
}
