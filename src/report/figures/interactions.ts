import { summarize } from '../../statistics/summary.js';
import { sideOf } from '../arrangement.js';
import { signed } from '../format.js';
import { claimOf, conditions } from '../labels.js';
import type { Study } from '../study.js';
import { pairsCsv } from '../tables/arrangement.js';
import { csv } from '../tables/csv.js';
import { type HeatCell, heatMapDrawing } from './heat-map.js';
import type { Figure } from './render.js';

/** What two steps give beyond the sum of what each gives. */
interface Pair {
  readonly steps: readonly [string, string];
  readonly mean: number;
  readonly claimed: boolean;
  /** In how many companies it was measured, or what it is mixed up with. */
  readonly about: string;
}

/** A map of all pairs of steps that were measured with and without each. Null where there are fewer than two pairs. */
export function interactionsFigure(study: Study): Figure | null {
  const pairs = pairsOf(study);
  if (pairs.length < 2) return null;
  const steps = [...new Set(pairs.flatMap((pair) => pair.steps))];
  const [largest] = [...pairs].sort((a, b) => Math.abs(b.mean) - Math.abs(a.mean)) as [Pair];
  const reach = Math.abs(largest.mean) || 1;
  const cell = (row: string, column: string): HeatCell | null => {
    const found = pairs.find((pair) => pair.steps.includes(row) && pair.steps.includes(column) && row !== column);
    if (!found) return null;
    const words = [
      found.steps.join(' and '),
      `${signed(found.mean)} points beyond the sum of each`,
      ...(found.about === '' ? [] : [found.about]),
      found.claimed ? 'with a verdict' : 'unresolved',
    ].join('\n');
    return { text: signed(found.mean), below: found.about, share: found.mean / reach, marked: found.claimed, words };
  };
  return {
    name: 'interactions',
    title: 'What two steps give beyond the sum of each',
    alt: `Map of ${pairs.length} pairs of steps: how many percent points more both give than the sum of each. Largest: ${largest.steps.join(' and ')}, ${signed(largest.mean)}. ${pairs.filter(({ claimed }) => claimed).length} of the pairs have a verdict.`,
    csv:
      study.arranged.pairs.length > 0
        ? pairsCsv(study)
        : csv(
            ['step', 'other', 'beyond_their_sum', 'verdict', 'about'],
            pairs.map((pair) => [...pair.steps, pair.mean, pair.claimed ? 'resolved' : 'unresolved', pair.about]),
          ),
    draw: (theme, layout) =>
      heatMapDrawing(
        {
          head: {
            title: `${study.plan.suite}: two steps together`,
            subtitle: conditions(study),
            key: [
              { mark: 'bar', colour: theme.helped, label: 'more than the sum of each' },
              { mark: 'bar', colour: theme.hurt, label: 'less' },
              { mark: 'band', colour: theme.band, label: 'not measured; framed: a verdict' },
            ],
          },
          down: steps.slice(1),
          across: steps.slice(0, -1),
          // Each pair once, below the diagonal.
          cells: steps
            .slice(1)
            .map((row, at) => steps.slice(0, -1).map((column, to) => (to <= at ? cell(row, column) : null))),
          axis: 'percent points beyond the sum',
        },
        theme,
        layout,
      ),
  };
}

function pairsOf({ arranged: { factorial, pairs }, interactions, family: { margin } }: Study): Pair[] {
  if (pairs.length > 0)
    return pairs.map(({ steps, value, interval }) => ({
      ...{ steps, mean: value, about: '' },
      claimed: sideOf(interval, margin) !== 'unresolved',
    }));
  const effects = factorial.flatMap(({ steps, aliases, difference, judged }): Pair[] => {
    const [a, b] = steps;
    if (b === undefined || !difference) return [];
    const about = aliases.length > 0 ? `or ${aliases.map((one) => one.join(' × ')).join(', ')}` : '';
    return [{ steps: [a, b], mean: difference.mean, claimed: claimOf(judged) !== null, about }];
  });
  if (effects.length > 0) return effects;
  const byPair = new Map<string, typeof interactions>();
  for (const one of interactions) {
    const key = JSON.stringify([...one.steps].sort());
    byPair.set(key, [...(byPair.get(key) ?? []), one]);
  }
  return [...byPair.values()].map((same): Pair => {
    const [first] = same;
    return {
      steps: (first as (typeof interactions)[number]).steps,
      mean: summarize(same.map(({ difference }) => difference.mean))?.mean ?? 0,
      claimed: same.some(({ judged }) => claimOf(judged) !== null),
      about: same.length === 1 ? '' : `mean of ${same.length}`,
    };
  });
}
