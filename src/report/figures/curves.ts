import type { Chart, ChartConfiguration, Plugin } from 'chart.js';
import type { MetricsLine } from '../../experiment/records.js';
import { summarize } from '../../statistics/summary.js';
import { conditions, labelOf } from '../labels.js';
import type { Row, Study } from '../study.js';
import { csv } from '../tables/csv.js';
import { type Axis, pointAxis } from './axis.js';
import { type Head, headHeight, headPlugin, strokeLine } from './head.js';
import { type Context, fitted, text } from './marks.js';
import type { Drawing, Figure, Layout } from './render.js';
import { alongRoad, type Theme } from './theme.js';

/** What is followed over the epochs. */
interface Quantity {
  readonly name: string;
  readonly title: string;
  readonly axis: string;
  readonly column: string;
  readonly of: (line: MetricsLine) => number | null;
}

const accuracy: Quantity = {
  name: 'curves-accuracy',
  title: 'Test accuracy while training',
  axis: 'Top-1 accuracy (%)',
  column: 'top1',
  of: (line) => (line.kind === 'evaluation' ? 100 * line.top1 : null),
};
const loss: Quantity = {
  name: 'curves-loss',
  title: 'Training loss',
  axis: 'Training loss',
  column: 'train_loss',
  of: (line) => (line.kind === 'train' ? line.loss : null),
};

export const accuracyCurves = (study: Study): Figure => curvesFigure(study, accuracy);
export const lossCurves = (study: Study): Figure => curvesFigure(study, loss);

interface Curve {
  readonly row: Row;
  /** Mean over the seeds that have got so far. */
  readonly points: readonly { readonly epoch: number; readonly value: number; readonly seeds: number }[];
}

function curvesFigure(study: Study, quantity: Quantity): Figure {
  const curves = study.rows.map((row) => curveOf(row, quantity)).filter(({ points }) => points.length > 0);
  return {
    name: quantity.name,
    title: quantity.title,
    alt: `Line chart: ${quantity.title.toLowerCase()}, mean over seeds, of ${curves.length} networks. ${[curves[0], curves.at(-1)].flatMap((curve) => (curve ? [inWords(curve)] : [])).join('; ')}. All points are in its CSV file.`,
    csv: csv(
      ['variant', 'epoch', quantity.column, 'seeds'],
      curves.flatMap(({ row, points }) =>
        points.map(({ epoch, value, seeds }) => [row.variant.name, epoch, value, seeds]),
      ),
    ),
    draw: (theme, layout) => draw(study, quantity, shown(curves), theme, layout),
  };
}

/** Curves beyond this cannot be told apart: of very many the start, the comparators and the best. */
const mostCurves = 40;

function shown(curves: readonly Curve[]): readonly Curve[] {
  if (curves.length <= mostCurves) return curves;
  const rank = ({ row }: Curve) => (row.variant.kind === 'step' ? (row.top1?.mean ?? -1) : Number.POSITIVE_INFINITY);
  const kept = new Set([...curves].sort((a, b) => rank(b) - rank(a)).slice(0, mostCurves));
  return curves.filter((curve) => kept.has(curve));
}

function inWords({ row, points }: Curve): string {
  const [first, last] = [points[0], points.at(-1)];
  return `${labelOf(row)} from ${first?.value.toFixed(2)} to ${last?.value.toFixed(2)} at epoch ${last?.epoch}`;
}

/** Stale and failed runs have curves too, but not of this study. */
function curveOf(row: Row, { of }: Quantity): Curve {
  const byEpoch = new Map<number, number[]>();
  for (const { status, files } of row.states) {
    if (status !== 'done' && status !== 'unfinished') continue;
    for (const line of files.metrics) {
      const value = of(line);
      if (value !== null && Number.isFinite(value))
        byEpoch.set(line.epoch, [...(byEpoch.get(line.epoch) ?? []), value]);
    }
  }
  const points = [...byEpoch].map(([epoch, values]) => ({
    epoch,
    value: summarize(values)?.mean ?? 0,
    seeds: values.length,
  }));
  return { row, points: points.sort((a, b) => a.epoch - b.epoch) };
}

interface View {
  readonly curves: readonly Curve[];
  readonly theme: Theme;
  readonly layout: Layout;
  readonly text: number;
  readonly list: { readonly line: number; readonly columns: number; readonly width: number };
  readonly top: number;
}

function draw(study: Study, quantity: Quantity, curves: readonly Curve[], theme: Theme, layout: Layout): Drawing {
  const wide = layout === 'wide';
  const width = wide ? 1040 : 440;
  const columns = wide ? 1 : 2;
  const list = { line: wide ? 22 : 17, columns, width: wide ? 230 : 200 };
  const head: Head = {
    title: `${study.plan.suite}: ${quantity.title.toLowerCase()}`,
    subtitle: conditions(study),
    key: [],
  };
  const top = headHeight(layout, head.key, width);
  const below = wide ? 0 : Math.ceil(curves.length / columns) * list.line + 14;
  const view: View = { curves, theme, layout, text: wide ? 12.5 : 10.5, list, top };
  const xs = curves.flatMap(({ points }) => points.map(({ epoch }) => epoch));
  const ys = curves.flatMap(({ points }) => points.map(({ value }) => value));
  const xAxis = pointAxis(xs.length > 0 ? xs : [0, 1], 0);
  const yAxis = pointAxis(ys.length > 0 ? ys : [0, 1], 0);
  return {
    width,
    height: Math.round(wide ? Math.max(520, top + curves.length * list.line + 40) : top + 300 + below),
    config: () =>
      ({
        type: 'line',
        data: { datasets: curves.map((curve, at) => lineSet(curve, at, view)) },
        options: {
          layout: {
            padding: { left: wide ? 14 : 6, right: wide ? list.width + 24 : 10, top, bottom: wide ? 8 : below },
          },
          scales: {
            x: {
              ...axisOptions({ ...xAxis, max: Math.max(...xs, 1), step: Math.max(1, xAxis.step) }, view),
              title: axisTitle('Epoch', view),
            },
            y: { ...axisOptions(yAxis, view), title: axisTitle(quantity.axis, view) },
          },
          plugins: { legend: { display: false }, annotation: { annotations: {} } },
        },
        plugins: [headPlugin(head, theme, layout), listPlugin(view)],
      }) as unknown as ChartConfiguration,
  };
}

function colourOf({ row }: Curve, at: number, { curves, theme }: View): string {
  if (row.variant.kind === 'compare') return theme.comparator;
  if (row.variant.kind === 'base') return theme.base;
  return alongRoad(theme, at / Math.max(1, curves.length - 1));
}

const dash = ({ row }: Curve): number[] => (row.variant.adopted ? [] : [4, 3]);
const thickness = ({ row }: Curve): number => (row.variant.kind === 'step' ? 1.6 : 2.6);

const lineSet = (curve: Curve, at: number, view: View): object => ({
  data: curve.points.map(({ epoch, value }) => ({ x: epoch, y: value })),
  borderColor: colourOf(curve, at, view),
  borderDash: dash(curve),
  borderWidth: thickness(curve),
  pointRadius: curve.points.length === 1 ? 3 : 0,
  pointBackgroundColor: colourOf(curve, at, view),
});

function axisOptions({ min, max, step }: Axis, { theme, text: size }: View): object {
  return {
    type: 'linear',
    min,
    max,
    grid: { color: theme.grid, drawTicks: false },
    border: { color: theme.quiet },
    ticks: {
      color: theme.quiet,
      font: { size: size - 1 },
      stepSize: step,
      includeBounds: false,
      maxRotation: 0,
      padding: 6,
    },
  };
}

const axisTitle = (words: string, { theme, text: size }: View): object => ({
  display: true,
  text: words,
  color: theme.text,
  font: { size: size - 0.5, weight: 'bold' },
});

/** The key, in the road's order: beside the chart, or below it where the picture is narrow. */
function listPlugin(view: View): Plugin {
  const { curves, theme, layout, text: size, list, top } = view;
  const wide = layout === 'wide';
  return {
    id: 'list',
    afterDraw({ ctx: browser, width, height }: Chart) {
      const ctx = browser as unknown as Context;
      const perColumn = Math.ceil(curves.length / list.columns);
      const left = wide ? width - list.width - 8 : 16;
      const from = wide ? top + 10 : height - perColumn * list.line - 2;
      curves.forEach((curve, at) => {
        const x = left + (wide ? 0 : Math.floor(at / perColumn) * (list.width + 6));
        const y = from + (at % perColumn) * list.line;
        ctx.save();
        ctx.strokeStyle = colourOf(curve, at, view);
        ctx.lineWidth = thickness(curve) + 0.6;
        ctx.setLineDash(dash(curve));
        strokeLine(ctx, x + 4, y, x + 32, y);
        ctx.restore();
        text(ctx, fitted(ctx, labelOf(curve.row), list.width - 48, size), x + 42, y, { size, colour: theme.text });
      });
    },
  };
}
