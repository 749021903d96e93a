import { counted, listed, percent } from '../format.js';
import { doneRuns } from '../runs.js';
import type { Row, Study } from '../study.js';
import { type Notice, shortened, warning } from './notice.js';

/** Variants that learned nothing, and single runs that did not where their variant did. */
export function chanceNotices({ rows }: Study): Notice[] {
  const measured = rows.filter(({ top1 }) => top1 !== null);
  const guessing = measured.filter(({ atChance }) => atChance);
  const [first] = guessing;
  if (!first) return measured.flatMap(lostRuns);
  const chance = `${percent(100 / (first.classes ?? 1))}%`;
  if (guessing.length === measured.length) {
    const classes = counted(first.classes ?? 1, 'class', 'classes');
    return [
      warning(`All variants are at chance (${chance} for ${classes}): nothing was learned, and nothing is judged.`),
    ];
  }
  return [
    warning(
      `At chance (${chance}): ${listed(guessing.map(({ variant }) => variant.name))}. A training that failed says nothing about a step: deltas of and against them are not judged.`,
    ),
    ...measured.flatMap(lostRuns),
  ];
}

/** A run at chance within a variant that is not. */
function lostRuns({ variant, states, atChance, classes, testImages }: Row): Notice[] {
  if (atChance || classes === null || testImages === null) return [];
  const chance = 1 / classes;
  const highest = chance + 3 * Math.sqrt((chance * (1 - chance)) / testImages);
  const lost = doneRuns(states).filter(({ result }) => result.top1 <= highest);
  if (lost.length === 0) return [];
  const seeds = shortened(lost.map(({ seed, result }) => `seed ${seed} (${percent(100 * result.top1)}%)`));
  return [
    warning(
      `${variant.name}: ${seeds} ended at chance while its other seeds learned; mean, spread and every comparison with it carry ${lost.length === 1 ? 'that one run' : 'those runs'}.`,
    ),
  ];
}
