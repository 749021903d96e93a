import type { Chart, ChartConfiguration, Plugin } from 'chart.js';
import type { Course, CoursePoint } from '../course.js';
import { conditions, labelOf } from '../labels.js';
import type { Row, Study } from '../study.js';
import { csv } from '../tables/csv.js';
import { pointAxis } from './axis.js';
import { type Head, headHeight, headPlugin, strokeLine } from './head.js';
import { type ListItem, listOf } from './list.js';
import type { Drawing, Figure, Layout } from './render.js';
import { linearScale } from './scale.js';
import { curveValue, pointSpot, type Spot } from './spots.js';
import { alongRoad, type Theme } from './theme.js';
import { counted } from '../../words/counted.js';

/** What is followed over the epochs. */
interface Quantity {
  readonly name: string;
  readonly title: string;
  readonly axis: string;
  readonly column: string;
  readonly of: (course: Course) => readonly CoursePoint[];
  /** What is drawn of a value. */
  readonly factor: number;
}

const accuracy: Quantity = {
  name: 'curves-accuracy',
  title: 'Test accuracy while training',
  axis: 'Top-1 accuracy (%)',
  column: 'top1',
  of: ({ accuracy }) => accuracy,
  factor: 100,
};
const loss: Quantity = {
  name: 'curves-loss',
  title: 'Training loss',
  // Recipes that smooth or mix labels have a higher floor: levels of unlike ones do not compare.
  axis: 'Training loss, label smoothing and mixing included',
  column: 'train_loss',
  of: ({ trainLoss }) => trainLoss,
  factor: 1,
};

/** Null where no network was measured twice: a chart of single points shows no course. */
export const accuracyCurves = (study: Study): Figure | null =>
  curvesFigure(
    study,
    study.plan.validation ? { ...accuracy, title: 'Accuracy on held-out pictures while training' } : accuracy,
  );
export const lossCurves = (study: Study): Figure | null => curvesFigure(study, loss);

interface Curve {
  readonly row: Row;
  readonly points: readonly CoursePoint[];
}

function curvesFigure(study: Study, quantity: Quantity): Figure | null {
  const curves = study.rows.map((row) => curveOf(study, row, quantity)).filter(({ points }) => points.length > 0);
  if (!curves.some(({ points }) => points.length > 1)) return null;
  return {
    name: quantity.name,
    title: quantity.title,
    alt: `Line chart: ${quantity.title.toLowerCase()}, mean over seeds, of ${counted(curves.length, 'network')}. ${[curves[0], curves.at(-1)].flatMap((curve) => (curve ? [inWords(curve)] : [])).join('; ')}. All points are in its CSV file.`,
    csv: csv(
      ['variant', 'epoch', quantity.column, 'sd', 'seeds'],
      curves.flatMap(({ row, points }) =>
        points.map(({ epoch, value, sd, seeds }) => [row.variant.name, epoch, value, sd, seeds]),
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

function curveOf({ records }: Study, row: Row, { of, factor }: Quantity): Curve {
  const course = records.courses.get(row.network);
  const points = course ? of(course) : [];
  return {
    row,
    points: points.map(({ value, sd, ...point }) => ({ ...point, value: factor * value, sd: sd && factor * sd })),
  };
}

interface View {
  readonly curves: readonly Curve[];
  readonly theme: Theme;
}

function draw(study: Study, quantity: Quantity, curves: readonly Curve[], theme: Theme, layout: Layout): Drawing {
  const wide = layout === 'wide';
  const width = wide ? 1040 : 440;
  const size = wide ? 12 : 10;
  const view: View = { curves, theme };
  const bands = banded(curves);
  const inBands = curves.length > bands.length ? 'start, end and the mark to beat' : 'all';
  const list = listOf(
    curves.map((curve, at) => listItem(curve, at, view)),
    theme,
    layout,
  );
  const head: Head = {
    title: `${study.plan.suite}: ${quantity.title.toLowerCase()}`,
    subtitle: conditions(study),
    key: bands.length > 0 ? [{ mark: 'band', colour: theme.grid, label: `± 1 sd over seeds: ${inBands}` }] : [],
  };
  const top = headHeight(layout, head.key, width);
  const epochs = curves.flatMap(({ points }) => points.map(({ epoch }) => epoch));
  const values = [
    ...curves.flatMap(({ points }) => points.map(({ value }) => value)),
    ...bands.flatMap(({ points }) => points.flatMap(({ value, sd }) => [value - (sd ?? 0), value + (sd ?? 0)])),
  ];
  const x = pointAxis(epochs.length > 0 ? epochs : [0, 1], 0);
  const xAxis = { ...x, max: Math.max(...epochs, 1), step: Math.max(1, x.step) };
  const yAxis = pointAxis(values.length > 0 ? values : [0, 1], 0);
  return {
    width,
    height: Math.round(wide ? Math.max(520, top + list.beside + 40) : top + 300 + list.below),
    config: () =>
      ({
        type: 'line',
        data: { datasets: curves.map((curve, at) => lineSet(curve, at, view)) },
        options: {
          layout: { padding: { left: wide ? 14 : 6, right: list.right, top, bottom: list.below } },
          scales: {
            x: linearScale(xAxis, { theme, size, title: 'Epoch' }),
            y: linearScale(yAxis, { theme, size, title: quantity.axis }),
          },
          plugins: { legend: { display: false }, annotation: { annotations: {} } },
        },
        plugins: [headPlugin(head, theme, layout), bandsPlugin(bands, view), list.plugin(top)],
      }) as unknown as ChartConfiguration,
    spots: ({ scales: { x: across, y: up } }) =>
      curves.flatMap(({ row, points }) =>
        points.map(({ epoch, value, sd, seeds }): Spot => {
          const words = `${labelOf(row)}\nepoch ${epoch}: ${curveValue(value, quantity.factor === 100)}${sd === null ? '' : ` ± ${sd.toFixed(quantity.factor === 100 ? 2 : 3)}`}, mean of ${counted(seeds, 'seed')}`;
          return pointSpot(across?.getPixelForValue(epoch) ?? 0, up?.getPixelForValue(value) ?? 0, words);
        }),
      ),
  };
}

/** Of many curves bands hide each other: those of the start, the road's end and the networks to beat alone. */
function banded(curves: readonly Curve[]): readonly Curve[] {
  const steps = curves.filter(({ row }) => row.variant.kind === 'step' && row.variant.adopted);
  const shown =
    curves.length <= 4 ? curves : curves.filter((curve) => curve.row.variant.kind !== 'step' || curve === steps.at(-1));
  return shown.filter(({ points }) => points.length > 1 && points.some(({ sd }) => sd !== null && sd > 0));
}

/** Mean ± standard deviation over seeds, behind the curves. */
function bandsPlugin(bands: readonly Curve[], view: View): Plugin {
  return {
    id: 'bands',
    beforeDatasetsDraw({ ctx, scales: { x: across, y: up } }: Chart) {
      for (const curve of bands) {
        const edge = (side: 1 | -1) =>
          curve.points.map(({ epoch, value, sd }) => [
            across?.getPixelForValue(epoch) ?? 0,
            up?.getPixelForValue(value + side * (sd ?? 0)) ?? 0,
          ]);
        ctx.save();
        ctx.globalAlpha = 0.2;
        ctx.fillStyle = colourOf(curve, view.curves.indexOf(curve), view);
        ctx.beginPath();
        for (const [x = 0, y = 0] of [...edge(1), ...edge(-1).reverse()]) ctx.lineTo(x, y);
        ctx.closePath();
        ctx.fill();
        ctx.restore();
      }
    },
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

const listItem = (curve: Curve, at: number, view: View): ListItem => ({
  number: '',
  label: labelOf(curve.row),
  value: '',
  draw(ctx, x, y) {
    ctx.save();
    ctx.strokeStyle = colourOf(curve, at, view);
    ctx.lineWidth = thickness(curve) + 0.6;
    ctx.setLineDash(dash(curve));
    strokeLine(ctx, x, y, x + 28, y);
    ctx.restore();
  },
});
