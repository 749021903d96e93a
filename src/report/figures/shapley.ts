import type { Chart, ChartConfiguration, Plugin } from 'chart.js';
import type { ShapleyValue } from '../../statistics/shapley.js';
import { type Side, sideOf } from '../arrangement.js';
import { signed } from '../format.js';
import { conditions } from '../labels.js';
import type { Study } from '../study.js';
import { shapleyCsv } from '../tables/arrangement.js';
import { changeRowsOptions } from './change-rows.js';
import { type Head, headHeight, headPlugin, type KeyItem, strokeLine } from './head.js';
import { type Context, labelText, text } from './marks.js';
import type { Drawing, Figure, Layout } from './render.js';
import { lineSpot } from './spots.js';
import type { Theme } from './theme.js';

/** What each step is worth over the orders in which steps can be added: bars with intervals, largest first. */
export function shapleyFigure(study: Study): Figure | null {
  const { shapley } = study.arranged;
  if (!shapley) return null;
  const values = [...shapley.values].sort((a, b) => b.value - a.value);
  const words = values.map(({ step, value }) => `${step} ${signed(value)}`);
  return {
    name: 'shapley',
    title: 'What each step is worth, whatever the order',
    alt: `Bars of the Shapley value of ${values.length} steps in percent points, with 95% intervals: ${words.join(', ')}; together ${signed(shapley.whole)}.`,
    csv: shapleyCsv(study),
    draw: (theme, layout) => draw(study, values, theme, layout),
  };
}

const sizes = {
  wide: { width: 1040, row: 34, text: 13, labels: 190, numbers: 200 },
  narrow: { width: 440, row: 28, text: 10.5, labels: 118, numbers: 62 },
} as const;

function draw(study: Study, values: readonly ShapleyValue[], theme: Theme, layout: Layout): Drawing {
  const size = sizes[layout];
  const reaches = values.flatMap(({ value, interval, range }) => [value, ...(interval ?? []), ...range].map(Math.abs));
  const reach = 1.08 * (Math.max(...reaches) || 1);
  const { margin } = study.family;
  const sides: readonly Side[] = ['helps', 'hurts', 'equivalent', 'unresolved'];
  const bars = sides.filter((side) => values.some(({ interval }) => sideOf(interval, margin) === side));
  const key: KeyItem[] = [
    ...bars.map(
      (side): KeyItem => ({ mark: 'bar', colour: colourOf(side, theme), label: `mean over orders: ${side}` }),
    ),
    { mark: 'whisker', colour: theme.text, label: '95% interval, all together' },
    { mark: 'line', colour: theme.quiet, label: 'from the least to the most favourable order' },
  ];
  const head: Head = { title: `${study.plan.suite}: what each step is worth`, subtitle: conditions(study), key };
  const top = headHeight(layout, key, size.width);
  return {
    width: size.width,
    height: Math.round(top + values.length * size.row + 52),
    config: () =>
      ({
        type: 'scatter',
        data: { datasets: [] },
        options: changeRowsOptions({
          rows: values.length,
          reach,
          title: 'Top-1 accuracy (percent points)',
          theme,
          layout,
          textSize: size.text,
          padding: { left: size.labels, right: size.numbers, top },
        }),
        plugins: [headPlugin(head, theme, layout), barsPlugin(values, margin, theme, layout)],
      }) as unknown as ChartConfiguration,
    spots: (chart) => values.map((value, at) => lineSpot(chart, at, size.row, wordsOf(value, margin))),
  };
}

function wordsOf({ step, value, interval, range: [least, most] }: ShapleyValue, margin: number | null): string {
  const doubt = interval ? ` (${signed(interval[0])} … ${signed(interval[1])}): ${sideOf(interval, margin)}` : '';
  return `${step}\nworth ${signed(value)} points${doubt}\nfrom ${signed(least)} in the least favourable order to ${signed(most)} in the most`;
}

const colourOf = (side: Side, { helped, hurt, text: settled, road }: Theme): string =>
  ({ helps: helped, hurts: hurt, equivalent: settled, unresolved: road })[side];

function barsPlugin(values: readonly ShapleyValue[], margin: number | null, theme: Theme, layout: Layout): Plugin {
  const size = sizes[layout];
  return {
    id: 'bars',
    afterDraw({ ctx: browser, scales, chartArea }: Chart) {
      const ctx = browser as unknown as Context;
      const x = (value: number) => scales.x?.getPixelForValue(value) ?? 0;
      values.forEach(({ step, value, interval, range }, at) => {
        const y = scales.y?.getPixelForValue(at) ?? 0;
        const half = size.row * 0.28;
        const side = sideOf(interval, margin);
        const colour = colourOf(side, theme);
        ctx.save();
        ctx.fillStyle = colour;
        ctx.fillRect(Math.min(x(0), x(value)), y - half, Math.abs(x(value) - x(0)), 2 * half);
        ctx.setLineDash([]);
        ctx.strokeStyle = theme.quiet;
        ctx.lineWidth = 1;
        strokeLine(ctx, x(range[0]), y + half + 3, x(range[1]), y + half + 3);
        if (interval) {
          ctx.strokeStyle = theme.text;
          ctx.lineWidth = 1.8;
          strokeLine(ctx, x(interval[0]), y, x(interval[1]), y);
          for (const end of interval) strokeLine(ctx, x(end), y - 5, x(end), y + 5);
        }
        ctx.restore();
        labelText(ctx, step, chartArea.left - 10, y, size.labels - 20, { size: size.text, colour: theme.text });
        const numbers = { size: size.text, colour: theme.text, bold: true };
        const taken = text(ctx, signed(value, layout === 'wide' ? 2 : 1), chartArea.right + 12, y, numbers);
        if (layout === 'wide')
          text(ctx, interval ? side : '', chartArea.right + 24 + taken, y, { size: size.text - 1, colour });
      });
    },
  };
}
