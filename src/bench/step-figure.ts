import type { Chart, ChartConfiguration, Plugin } from 'chart.js';
import { barAxis } from '../report/figures/axis.js';
import { type Head, headHeight, headPlugin, type KeyItem } from '../report/figures/head.js';
import { type Context, labelText, text } from '../report/figures/marks.js';
import type { Figure } from '../report/figures/render.js';
import { linearScale } from '../report/figures/scale.js';
import type { Colours, Theme } from '../report/figures/theme.js';
import { csv } from '../report/tables/csv.js';
import type { Side } from './step-contenders.js';
import { fastest, type StepRow } from './step-rows.js';
import { counted } from '../words/counted.js';

/** Sides that are drawn, and how: each by its fastest contender. */
const series: readonly {
  readonly side: Side;
  readonly label: string;
  readonly style: string;
  readonly colour: keyof Colours;
}[] = [
  { side: 'torch', label: 'PyTorch, best of its formats and allocators', style: 'circle', colour: 'comparator' },
  { side: 'compile', label: 'torch.compile', style: 'circle', colour: 'cost' },
  { side: 'ablate', label: 'ablate', style: 'rectRot', colour: 'road' },
];

const width = 1040;
const rowHeight = 26;
const labels = 200;

/** Every network's step time beside PyTorch's, a line a network. */
export function stepFigure(title: string, subtitle: string, rows: readonly StepRow[]): Figure {
  const shown = series.filter(({ side }) => rows.some((row) => fastest(row, side)));
  return {
    name: 'step',
    title,
    alt: altText(rows),
    csv: csv(
      ['network', 'contender', 'median_ms', 'half_interquartile_range_ms', 'steps', 'peak_bytes'],
      rows.flatMap(({ variant, measured }) =>
        measured.map(({ name, median, spread, steps, peakBytes }) => [variant, name, median, spread, steps, peakBytes]),
      ),
    ),
    draw: (theme) => {
      const head: Head = {
        title,
        subtitle,
        key: shown.map(({ label, style, colour }): KeyItem => {
          return { mark: style === 'circle' ? 'dot' : 'diamond', colour: theme[colour], label };
        }),
      };
      const top = headHeight('wide', head.key, width);
      return {
        width,
        height: Math.round(top + rows.length * rowHeight + 52),
        config: () => configOf(rows, shown, theme, head, top),
      };
    },
  };
}

function altText(rows: readonly StepRow[]): string {
  const ahead = rows.filter(({ ratio }) => ratio !== null && ratio >= 1).length;
  const compared = rows.filter(({ ratio }) => ratio !== null).length;
  return `Dot plot of the time of a training step for ${counted(rows.length, 'network')}${compared > 0 ? `; ours is at most PyTorch's best on ${ahead} of ${compared}` : ''}. All numbers are in the table above it.`;
}

function configOf(
  rows: readonly StepRow[],
  shown: typeof series,
  theme: Theme,
  head: Head,
  top: number,
): ChartConfiguration {
  const reach = rows.flatMap((row) =>
    shown.flatMap(({ side }) => {
      const found = fastest(row, side);
      return found ? [found.median + found.spread] : [];
    }),
  );
  const axis = barAxis([0, ...reach], 0.04);
  const config = {
    type: 'scatterWithErrorBars',
    data: {
      datasets: shown.map(({ side, style, colour }) => ({
        data: rows.flatMap((row, at) => {
          const found = fastest(row, side);
          if (!found) return [];
          const { median, spread } = found;
          return [{ x: median, y: at, xMin: median - spread, xMax: median + spread }];
        }),
        pointStyle: style,
        backgroundColor: style === 'circle' ? theme.background : theme[colour],
        borderColor: theme[colour],
        borderWidth: 1.8,
        radius: style === 'circle' ? 4.5 : 7,
        errorBarColor: theme[colour],
        errorBarWhiskerColor: theme[colour],
        errorBarWhiskerSize: 7,
      })),
    },
    options: {
      layout: { padding: { left: labels, right: 76, top, bottom: 4 } },
      scales: {
        y: {
          type: 'linear',
          reverse: true,
          min: -0.5,
          max: rows.length - 0.5,
          grid: { color: theme.grid, drawTicks: false },
          border: { display: false },
          ticks: { display: false, stepSize: 1 },
        },
        x: linearScale(axis, { theme, size: 12, title: 'Milliseconds a step (median, half the interquartile range)' }),
      },
      plugins: { legend: { display: false }, annotation: { annotations: {} } },
    },
    plugins: [headPlugin(head, theme, 'wide'), wordsPlugin(rows, theme)],
  };
  return config as unknown as ChartConfiguration;
}

/** Names on the left; on the right how many times as long PyTorch takes. */
function wordsPlugin(rows: readonly StepRow[], theme: Theme): Plugin {
  return {
    id: 'words',
    afterDraw({ ctx: browser, scales, chartArea }: Chart) {
      const ctx = browser as unknown as Context;
      rows.forEach(({ variant, ratio }, at) => {
        const y = scales.y?.getPixelForValue(at) ?? 0;
        labelText(ctx, variant, chartArea.left - 10, y, labels - 24, { size: 12.5, colour: theme.text });
        if (ratio === null) return;
        const colour = ratio >= 1 ? theme.helped : theme.hurt;
        text(ctx, `${ratio.toFixed(2)}×`, chartArea.right + 62, y, { size: 12.5, colour, bold: true, align: 'right' });
      });
    },
  };
}
