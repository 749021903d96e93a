import type { Chart, ChartConfiguration, Plugin } from 'chart.js';
import { counted, listed, percent, signed } from '../format.js';
import { claimOf, conditions, labelOf, verdictText } from '../labels.js';
import type { Challenge, Row, Study, Whole } from '../study.js';
import { csv } from '../tables/csv.js';
import { judgedCells, judgedHeader } from '../tables/steps.js';
import { changeRowsOptions } from './change-rows.js';
import { type Head, headHeight, headPlugin, type KeyItem } from './head.js';
import { type Context, labelText, text } from './marks.js';
import type { Drawing, Figure, Layout } from './render.js';
import { changeWords, lineSpot } from './spots.js';
import type { Theme } from './theme.js';

/** What each change did: paired differences with their intervals around 0, and the band of what is no change. */
export function deltasFigure(study: Study): Figure {
  const { rows: steps, whole, challenges } = study;
  const beside = [
    ...(whole && whole.end.variant.parent !== whole.start.variant.name
      ? [spanRow(whole, whole.start, 'The whole road')]
      : []),
    ...challenges.map((one) => spanRow(one, one.comparator, `Road's end less ${labelOf(one.comparator)}`)),
  ];
  const rows = [...steps, ...beside].filter(({ delta }) => delta !== null);
  return {
    name: 'deltas',
    title: 'What each change did',
    alt: altText(rows),
    csv: csv(
      ['variant', 'against', 'delta', ...judgedHeader],
      rows.map((row) => [row.variant.name, row.variant.parent, row.delta?.mean ?? null, ...judgedCells(row)]),
    ),
    draw: (theme, layout) => draw(study, largest(rows), theme, layout),
  };
}

/** The road's end against another network than that before it, as a line below the steps. */
function spanRow({ end, change, judged }: Challenge | Whole, before: Row, title: string): Row {
  const variant = { ...end.variant, title, parent: before.variant.name };
  return { ...end, variant, delta: change.difference, change, judged, verdict: judged.verdict };
}

function altText(rows: readonly Row[]): string {
  const count = (claim: string) => rows.filter(({ judged }) => claimOf(judged) === claim).length;
  const claims = ['helps', 'hurts', 'equivalent'].map((claim) => `${claim} ${count(claim)}`);
  const open = rows.length - count('helps') - count('hurts') - count('equivalent');
  return (
    `Dot plot of ${counted(rows.length, 'paired difference')} in percent points with their 95% intervals: ${listed(claims)}, ` +
    `without a verdict ${open}. All numbers are in the table of steps.`
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
  /** Changes that are none: within the suite's margin, or less than the test set can tell. */
  readonly band: { readonly reach: number; readonly label: string };
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

function bandOf({ family }: Study, rows: readonly Row[]): View['band'] {
  if (family.margin !== null) return { reach: family.margin, label: 'no change, by the margin of the suite' };
  const floors = rows
    .flatMap(({ change, judged }) =>
      change && judged?.interval && change.comparison.pictures === null ? [change.comparison.floor ?? 0] : [],
    )
    .sort((a, b) => a - b);
  return { reach: floors[floors.length >> 1] ?? 0, label: 'less than the test set can tell' };
}

function draw(study: Study, rows: readonly Row[], theme: Theme, layout: Layout): Drawing {
  const size = sizes[layout];
  const view: View = { rows, band: bandOf(study, rows), theme, layout, size };
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
    spots: (chart) => rows.map((row, at) => lineSpot(chart, at, size.row, wordsOf(row))),
  };
}

function wordsOf(row: Row): string {
  const { delta } = row;
  return [
    labelOf(row),
    ...changeWords(row),
    ...(delta ? [`seed by seed: ${delta.differences.map((one) => signed(one)).join(', ')}`] : []),
  ].join('\n');
}

function colourOf({ judged }: Row, { helped, hurt, text: settled, road }: Theme): string {
  const claim = claimOf(judged);
  return claim === null ? road : { helps: helped, hurts: hurt, equivalent: settled }[claim];
}

function keyOf({ theme, band, rows }: View): KeyItem[] {
  const has = (claim: string | null) => rows.some(({ judged }) => claimOf(judged) === claim);
  const items: (KeyItem | false)[] = [
    has(null) && { mark: 'whisker', colour: theme.road, label: 'unresolved' },
    has('helps') && { mark: 'whisker', colour: theme.helped, label: 'helps' },
    has('hurts') && { mark: 'whisker', colour: theme.hurt, label: 'hurts' },
    has('equivalent') && { mark: 'whisker', colour: theme.text, label: 'equivalent' },
    band.reach > 0 && { mark: 'band', colour: theme.grid, label: `${band.label} (±${percent(band.reach)})` },
  ];
  return items.filter((item) => item !== false);
}

function configOf(view: View, head: Head, top: number): ChartConfiguration {
  const { rows, band, theme, layout, size } = view;
  const reach = shownReach(rows, band.reach);
  const colour = rows.map((row) => colourOf(row, theme));
  const cut = (value: number) => Math.max(-reach, Math.min(reach, value));
  const config = {
    type: 'scatterWithErrorBars',
    data: {
      datasets: [
        {
          data: rows.map(({ delta, judged }, at) => {
            const mean = delta?.mean ?? 0;
            const [low, high] = judged?.interval ?? [mean, mean];
            return { x: cut(mean), y: at, xMin: cut(low), xMax: cut(high) };
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
        band: {
          type: 'box',
          xMin: -band.reach,
          xMax: band.reach,
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
  const what = pairs.length === 1 && pairs[0] === 1 ? 'one seed: no interval' : '95% interval, all together';
  return layout === 'wide'
    ? `Change in top-1 accuracy (percent points; ${what})`
    : 'Change in top-1 (points, 95% interval)';
}

/** Half the axis: all means, and intervals as far as three times the largest mean; what is longer is cut and marked. */
function shownReach(all: readonly Row[], floor: number): number {
  // What is not judged, a failed training say, would make the rest invisible.
  const judged = all.filter((row) => row.judged?.interval);
  const rows = judged.length > 0 ? judged : all;
  const means = Math.max(...rows.map(({ delta }) => Math.abs(delta?.mean ?? 0)), 0);
  const ends = Math.max(...rows.flatMap(({ judged }) => (judged?.interval ?? []).map(Math.abs)), 0);
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
        const colour = colourOf(row, theme);
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
        const mean = row.delta?.mean ?? 0;
        const [low, high] = row.judged?.interval ?? [mean, mean];
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
