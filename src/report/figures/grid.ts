import { percent, signed } from '../format.js';
import { claimOf, conditions } from '../labels.js';
import { type Row, rowNamed, type Study } from '../study.js';
import { gridCsv } from '../tables/arrangement.js';
import { type HeatCell, heatMapDrawing } from './heat-map.js';
import type { Figure } from './render.js';
import { rowWords } from './spots.js';

/** Accuracy of every pair of values of two sweeps. Null for other strategies, and before anything is measured. */
export function gridFigure(study: Study): Figure | null {
  const { arrangement } = study.plan;
  if (arrangement?.kind !== 'grid') return null;
  const { across, down, cells } = arrangement;
  const rowAt = (row: string, column: string): Row | undefined =>
    rowNamed(study.rows, cells.find((one) => one.down === row && one.across === column)?.network ?? null);
  const measured = cells.flatMap(({ network }) => {
    const row = rowNamed(study.rows, network);
    return row?.top1 ? [{ network, mean: row.top1.mean }] : [];
  });
  const [first] = measured;
  if (!first) return null;
  const best = measured.reduce((most, one) => (one.mean > most.mean ? one : most), first);
  const least = measured.reduce((low, one) => Math.min(low, one.mean), first.mean);
  const words = rowWords(study);
  const cell = (row: Row | undefined): HeatCell | null => {
    if (!row?.top1) return null;
    const { top1, delta, judged, variant } = row;
    const below = variant.adopted
      ? 'adopted'
      : delta
        ? `${signed(delta.mean)}${claimOf(judged) ? `, ${claimOf(judged)}` : ''}`
        : '';
    const share = best.mean > least ? (top1.mean - least) / (best.mean - least) : 0;
    return { text: percent(top1.mean), below, share, marked: variant.name === best.network, words: words(row) };
  };
  return {
    name: 'grid',
    title: `${down.title} by ${across.title}`,
    alt: `Map of top-1 accuracy for ${down.values.length} values of ${down.title} by ${across.values.length} of ${across.title}: from ${percent(least)} to ${percent(best.mean)} %, the highest at ${best.network}.`,
    csv: gridCsv(study),
    draw: (theme, layout) =>
      heatMapDrawing(
        {
          head: {
            title: `${study.plan.suite}: ${down.title} by ${across.title}`,
            subtitle: conditions(study),
            key: [
              { mark: 'bar', colour: theme.helped, label: 'the greener the higher; framed: the highest' },
              { mark: 'band', colour: theme.band, label: 'no result yet' },
            ],
          },
          down: down.values.map(({ label }) => `${down.title} ${label}`),
          across: across.values.map(({ label }) => label),
          cells: down.values.map((row) => across.values.map((column) => cell(rowAt(row.name, column.name)))),
          axis: across.title,
        },
        theme,
        layout,
      ),
  };
}
