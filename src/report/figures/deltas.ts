import type { Chart, ChartConfiguration, Plugin } from 'chart.js';
import { percent, signed } from '../format.js';
import { counted } from '../../words/counted.js';
import { conditions, labelOf, verdictText } from '../labels.js';
import type { Row, Study } from '../study.js';
import { csv } from '../tables/csv.js';
import { changeRowsOptions } from './change-rows.js';
import { type Head, headHeight, headPlugin, type KeyItem } from './head.js';
import { type Context, labelText, text } from './marks.js';
import type { Drawing, Figure, Layout } from './render.js';
import type { Theme } from './theme.js';

/** What each change did: paired differences with their intervals around 0, and the floor of what the test set resolves. */
export function deltasFigure(study: Study): Figure {
  const rows = study.rows.filter(({ delta }) => delta !== null);
  return {
    name: 'deltas',
    title: 'What each change did',
    alt: altText(rows),
    csv: csv(
      ['variant', 'against', 'delta', 'low95', 'high95', 'pairs', 'p', 'p_holm', 'smallest_p', 'floor', 'verdict'],
      rows.map(({ variant, delta, adjustedP, floor, verdict }) => [
        variant.name,
        variant.parent,
        delta?.mean ?? null,
        delta?.interval?.[0] ?? null,
        delta?.interval?.[1] ?? null,
        delta?.seeds.length ?? 0,
        delta?.p ?? null,
        adjustedP,
        delta?.smallestP ?? null,
        floor,
        verdict?.verdict ?? null,
      ]),
    ),
    draw: (theme, layout) => draw(study, largest(rows), theme, layout),
  };
}

function altText(rows: readonly Row[]): string {
  const count = (verdict: string) => rows.filter((row) => row.verdict?.verdict === verdict).length;
  const clear = rows.filter(({ delta }) => delta?.interval && delta.interval[0] * delta.interval[1] > 0).length;
  return (
    `Dot plot of ${counted(rows.length, 'paired difference')} in percent points with 95% intervals: ${count('helped')} helped, ${count('hurt')} hurt, ` +
    `${count('unresolved')} unresolved; ${counted(clear, 'interval leaves', 'intervals leave')} out 0. All numbers are in the table of steps.`
  );
}

/** Lines beyond this are no picture any more: of very many the largest differences, in the table's order. */
const mostLines = 60;

function largest(rows: readonly Row[]): readonly Row[] {
  const kept = new Set(
    [...rows].sort((a, b) => Math.abs(b.delta?.mean ?? 0) - Math.abs(a.delta?.mean ?? 0)).slice(0, mostLines),
  );
  return rows.filter((row) => kept.has(row));
}

interface View {
  readonly rows: readonly Row[];
  readonly floor: number;
  readonly theme: Theme;
  readonly layout: Layout;
  readonly size: {
    readonly width: number;
    readonly row: number;
    readonly text: number;
    readonly labels: number;
    readonly verdict: number;
  };
}

const sizes: Readonly<Record<Layout, View['size']>> = {
  wide: { width: 1040, row: 28, text: 13, labels: 180, verdict: 226 },
  narrow: { width: 440, row: 25, text: 10.5, labels: 112, verdict: 96 },
};

function draw(study: Study, rows: readonly Row[], theme: Theme, layout: Layout): Drawing {
  const size = sizes[layout];
  const floors = rows.flatMap(({ floor }) => (floor === null ? [] : [floor])).sort((a, b) => a - b);
  const view: View = { rows, floor: floors[floors.length >> 1] ?? 0, theme, layout, size };
  const head: Head = {
    title: `${study.plan.suite}: what each change did`,
    subtitle: conditions(study),
    key: keyOf(view),
  };
  const top = headHeight(layout, head.key, size.width);
  return {
    width: size.width,
    height: Math.round(top + rows.length * size.row + 52),
    config: () => configOf(view, head, top),
  };
}

const colours = ({ road, helped, hurt }: Theme) => ({ unresolved: road, helped, hurt });

function keyOf({ theme, floor, rows }: View): KeyItem[] {
  const has = (verdict: string) => rows.some((row) => row.verdict?.verdict === verdict);
  const items: (KeyItem | false)[] = [
    has('unresolved') && { mark: 'whisker', colour: theme.road, label: 'unresolved' },
    has('helped') && { mark: 'whisker', colour: theme.helped, label: 'helped' },
    has('hurt') && { mark: 'whisker', colour: theme.hurt, label: 'hurt' },
    floor > 0 && { mark: 'band', colour: theme.grid, label: `below the test set's own error (±${percent(floor)})` },
  ];
  return items.filter((item) => item !== false);
}

function configOf(view: View, head: Head, top: number): ChartConfiguration {
  const { rows, floor, theme, layout, size } = view;
  const reach = shownReach(rows, floor);
  const colour = rows.map(({ verdict }) => colours(theme)[verdict?.verdict ?? 'unresolved']);
  const cut = (value: number) => Math.max(-reach, Math.min(reach, value));
  const config = {
    type: 'scatterWithErrorBars',
    data: {
      datasets: [
        {
          data: rows.map(({ delta }, at) => {
            const mean = delta?.mean ?? 0;
            const [low, high] = delta?.interval ?? [mean, mean];
            return { x: mean, y: at, xMin: cut(low), xMax: cut(high) };
          }),
          backgroundColor: colour,
          borderColor: theme.background,
          borderWidth: 1.4,
          radius: layout === 'wide' ? 5.5 : 4.5,
          errorBarColor: colour,
          errorBarWhiskerColor: colour,
          errorBarLineWidth: 2,
          errorBarWhiskerLineWidth: 2,
          errorBarWhiskerSize: size.row * 0.4,
        },
      ],
    },
    options: changeRowsOptions({
      rows: rows.length,
      reach,
      title: axisTitle(rows, layout),
      theme,
      layout,
      textSize: size.text,
      padding: { left: size.labels, right: size.verdict, top },
      annotations: {
        floor: {
          type: 'box',
          xMin: -floor,
          xMax: floor,
          backgroundColor: theme.grid,
          borderWidth: 0,
          drawTime: 'beforeDatasetsDraw',
        },
      },
    }),
    plugins: [headPlugin(head, theme, layout), wordsPlugin(view, reach)],
  };
  return config as unknown as ChartConfiguration;
}

function axisTitle(rows: readonly Row[], layout: Layout): string {
  const pairs = [...new Set(rows.map(({ delta }) => delta?.seeds.length ?? 0))];
  const what = pairs.length === 1 && pairs[0] === 1 ? 'one seed: no interval' : '95% interval over paired seeds';
  return layout === 'wide'
    ? `Change in top-1 accuracy (percent points; ${what})`
    : 'Change in top-1 (points, 95% interval)';
}

/** Half the axis: all means, and intervals as far as three times the largest mean; what is longer is cut and marked. */
function shownReach(rows: readonly Row[], floor: number): number {
  const means = Math.max(...rows.map(({ delta }) => Math.abs(delta?.mean ?? 0)), 0);
  const ends = Math.max(...rows.flatMap(({ delta }) => (delta?.interval ?? []).map(Math.abs)), 0);
  return 1.08 * Math.max(floor * 1.5, means * 1.1, Math.min(ends, means * 2)) || 1;
}

/** Labels on the left, means and verdicts on the right, and an arrow where an interval goes on beyond the picture. */
function wordsPlugin({ rows, theme, layout, size }: View, reach: number): Plugin {
  const wide = layout === 'wide';
  return {
    id: 'words',
    afterDraw({ ctx: browser, scales, chartArea }: Chart) {
      const ctx = browser as unknown as Context;
      rows.forEach((row, at) => {
        const y = scales.y?.getPixelForValue(at) ?? 0;
        const colour = colours(theme)[row.verdict?.verdict ?? 'unresolved'];
        labelText(ctx, labelOf(row), chartArea.left - 10, y, size.labels - 20, { size: size.text, colour: theme.text });
        const column = chartArea.right + (wide ? 54 : 38);
        text(ctx, signed(row.delta?.mean ?? 0, wide ? 2 : 1), column, y, {
          size: size.text,
          colour: theme.text,
          bold: true,
          align: 'right',
        });
        text(ctx, wide ? verdictText(row) : (row.verdict?.verdict ?? ''), column + (wide ? 12 : 6), y, {
          size: size.text - 1,
          colour,
        });
        const [low, high] = row.delta?.interval ?? [0, 0];
        if (low < -reach) arrow(ctx, chartArea.left, y, -1, colour);
        if (high > reach) arrow(ctx, chartArea.right, y, 1, colour);
      });
    },
  };
}

function arrow(ctx: Context, x: number, y: number, direction: 1 | -1, colour: string): void {
  ctx.beginPath();
  ctx.moveTo(x + direction * 7, y);
  ctx.lineTo(x, y - 5);
  ctx.lineTo(x, y + 5);
  ctx.closePath();
  ctx.fillStyle = colour;
  ctx.fill();
}
