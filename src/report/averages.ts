import { judgeFamily, type Judged } from '../statistics/family.js';
import { ofDifferences, type PairedDifference } from '../statistics/paired.js';
import { type Summary, summarize } from '../statistics/summary.js';
import { doneRuns } from './runs.js';
import type { Row, Study } from './study.js';

/** A network beside the moving average of its own weights: run by run, so that seeds are paired as closely as can be. */
export interface Averaged {
  readonly row: Row;
  /** Top-1 of the average, in percent. */
  readonly top1: Summary;
  /** The average less the network that it is an average of. */
  readonly difference: PairedDifference;
  /** Among all such differences of the study. */
  readonly judged: Judged;
}

/** Networks whose recipe keeps an average, each trained network once; those at chance are left out. */
export function averagedNetworks({ rows, plan }: Pick<Study, 'rows' | 'plan'>): Averaged[] {
  const found = rows.flatMap((row) => {
    if (row.network !== row.variant.name || row.atChance) return [];
    const runs = doneRuns(row.states).flatMap(({ seed, result: { ema, top1 } }) =>
      ema ? [{ seed, average: 100 * ema.top1, plain: 100 * top1 }] : [],
    );
    const top1 = summarize(runs.map(({ average }) => average));
    const difference = ofDifferences(
      runs.map(({ seed }) => seed),
      runs.map(({ average, plain }) => average - plain),
    );
    return top1 && difference ? [{ row, top1, difference }] : [];
  });
  const { judged } = judgeFamily(
    found.map(({ row: { network, floor }, difference }) => ({
      terms: [
        [`${network}, averaged`, 1],
        [network, -1],
      ],
      difference,
      // Of an average no predictions are kept.
      pictures: null,
      floor,
    })),
    { ...plan.report, flips: false, target: null },
  );
  return found.map((one, at) => ({ ...one, judged: judged[at] as Judged }));
}
