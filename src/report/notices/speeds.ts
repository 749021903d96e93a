import { quantile } from '../../statistics/selection.js';
import { percent } from '../format.js';
import { labelOf } from '../labels.js';
import type { Study } from '../study.js';
import { type Notice, note } from './notice.js';

/** Standard deviation over mean, in percent, of speeds that a machine with nothing else to do stays below. */
const steady = 10;

/**
 * Training speeds that something else has had a hand in: seeds of one network do the same work on the same machine, so what
 * they differ in is not the network's. Nothing is said of fewer than two networks that have two runs.
 */
export function speedNotices({ rows }: Study): Notice[] {
  const spreads = rows.flatMap((row) => {
    const { imagesPerSecond: speed } = row;
    return speed && speed.sd !== null ? [{ row, spread: (100 * speed.sd) / speed.mean }] : [];
  });
  if (spreads.length < 2) return [];
  const usual = quantile(
    Float64Array.from(spreads, ({ spread }) => spread),
    0.5,
  );
  if (usual <= steady) return [];
  const most = spreads.reduce((a, b) => (b.spread > a.spread ? b : a));
  return [
    note(
      `Training speeds were not measured undisturbed: seeds of one network do the same work, and their speeds differ by ${percent(usual, 0)}% (standard deviation; median of the networks; ${labelOf(most.row)} by ${percent(most.spread, 0)}%). Which network is the faster they tell only where it is by far; \`ablate bench step\` times networks in turn.`,
    ),
  ];
}
