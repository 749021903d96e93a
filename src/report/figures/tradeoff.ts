import type { Chart, ChartConfiguration, Plugin } from 'chart.js';
import { inUnit, listed, percent, type Unit, unitFor } from '../format.js';
import { paretoFront } from '../pareto.js';
import { shortened } from '../notices/notice.js';
import { counted } from '../../words/counted.js';
import { conditions, labelOf } from '../labels.js';
import { isRoad, type Row, type Study } from '../study.js';
import { csv } from '../tables/csv.js';
import { pointAxis } from './axis.js';
import { diamond, type Head, headHeight, headPlugin, type KeyItem, strokeLine } from './head.js';
import { type ListItem, listOf } from './list.js';
import { type Context, text } from './marks.js';
import { placeLabels } from './placement.js';
import type { Drawing, Figure, Layout } from './render.js';
import { linearScale } from './scale.js';
import { pointSpot, rowWords } from './spots.js';
import type { Theme } from './theme.js';

/** What accuracy is set against. */
interface Price {
  readonly name: string;
  readonly title: string;
  readonly axis: (letter: string) => string;
  readonly column: string;
  /** Null where it was not measured; sd over seeds, null where there is none. */
  readonly of: (row: Row) => { readonly mean: number; readonly sd: number | null } | null;
  readonly unit: (values: readonly number[]) => Unit;
  /** Which of two networks has the better of it. */
  readonly better: 'less' | 'more';
  /** Whether it hangs on the machine. */
  readonly measured: boolean;
}

const macs: Price = {
  name: 'accuracy-flops',
  title: 'Accuracy against MACs',
  axis: (letter) => `${letter}MACs (multiply-adds)`,
  column: 'macs',
  of: ({ variant }) => ({ mean: variant.macs, sd: null }),
  unit: unitFor,
  better: 'less',
  measured: false,
};
const params: Price = {
  name: 'accuracy-parameters',
  title: 'Accuracy against parameters',
  axis: (letter) => `Parameters (${letter})`,
  column: 'parameters',
  of: ({ variant }) => ({ mean: variant.params, sd: null }),
  unit: unitFor,
  better: 'less',
  measured: false,
};
const speed: Price = {
  name: 'accuracy-speed',
  title: 'Accuracy against training speed',
  axis: () => 'Training speed (pictures a second)',
  column: 'images_per_second',
  of: ({ imagesPerSecond }) => imagesPerSecond,
  unit: () => ({ factor: 1, letter: 'pictures a second' }),
  better: 'more',
  measured: true,
};
const memory: Price = {
  name: 'accuracy-memory',
  title: 'Accuracy against peak memory',
  axis: (letter) => `Peak memory of a run (${letter})`,
  column: 'peak_memory_bytes',
  of: ({ peakMemoryBytes }) => peakMemoryBytes,
  unit: (values) => {
    const gibi = Math.max(...values) >= 2 ** 30;
    return gibi ? { factor: 2 ** 30, letter: 'GiB' } : { factor: 2 ** 20, letter: 'MiB' };
  },
  better: 'less',
  measured: true,
};

/**
 * Top-1 against multiply-adds, parameters, training speed and memory, with the road as a path and the front of networks of
 * which no other is both cheaper and more accurate. The last two only of runs that were measured in one place, and where there are two networks.
 */
export const tradeoffFigures = (study: Study): Figure[] =>
  [macs, params, speed, memory]
    .filter(({ measured, of }) => !measured || study.rows.filter((row) => row.top1 && of(row) !== null).length > 1)
    .map((price) => tradeoffFigure(study, price));

/** A measured network with its number in the key. */
interface Point {
  readonly row: Row;
  readonly number: number;
  readonly x: number;
  /** Standard deviation of x over seeds; 0 of what is counted. */
  readonly across: number;
  readonly y: number;
  readonly sd: number;
  /** Whether no network is better in both. */
  readonly front: boolean;
}

function tradeoffFigure(study: Study, price: Price): Figure {
  const unit = price.unit(study.rows.flatMap((row) => price.of(row)?.mean ?? []));
  const priced = study.rows.flatMap((row) => {
    const cost = price.of(row);
    if (!row.top1 || !cost) return [];
    const [x, across] = [cost.mean / unit.factor, (cost.sd ?? 0) / unit.factor];
    return [{ row, x, across, y: row.top1.mean, sd: row.top1.sd ?? 0 }];
  });
  const front = paretoFront(priced.map(({ x, y }) => ({ cost: price.better === 'less' ? x : -x, value: y })));
  const points = priced.map((point, at): Point => ({ ...point, number: at + 1, front: front[at] as boolean }));
  return {
    name: price.name,
    title: price.title,
    alt: altText(price, unit, points, isRoad(study)),
    ...(price.measured && { note: placeNote(study) }),
    csv: csv(
      [
        ...['number', 'variant', 'kind', 'adopted', price.column],
        ...(price.measured ? [`${price.column}_sd`] : []),
        ...['top1_mean', 'top1_sd', 'on_front'],
      ],
      points.map(({ row, number, front: on }) => [
        number,
        row.variant.name,
        row.variant.kind,
        String(row.variant.adopted),
        price.of(row)?.mean ?? null,
        ...(price.measured ? [price.of(row)?.sd ?? null] : []),
        row.top1?.mean ?? null,
        row.top1?.sd ?? null,
        String(on),
      ]),
    ),
    draw: (theme, layout) => draw(study, price, unit.letter, points, theme, layout),
  };
}

/** Where it was measured, and what is left out for having been measured elsewhere. */
function placeNote({ measuredOn: { words, elsewhere } }: Study): string {
  const left = elsewhere.length === 0 ? '' : ` Left out, since measured elsewhere: ${shortened(elsewhere)}.`;
  return `Measured on ${words ?? 'an unknown machine'}.${left}`;
}

function altText(price: Price, unit: Unit, points: readonly Point[], joined: boolean): string {
  const words = ({ row }: Point) =>
    `${labelOf(row)} at ${inUnit(price.of(row)?.mean ?? 0, unit)} ${unit.letter} and ${percent(row.top1?.mean ?? 0)}%`;
  const best = points.reduce<Point | null>((top, point) => (top && top.y >= point.y ? top : point), null);
  const sign = price.better === 'less' ? 1 : -1;
  const cheapest = points.reduce<Point | null>(
    (low, point) => (low && sign * low.x <= sign * point.x ? low : point),
    null,
  );
  const front = points.filter((point) => point.front).map(({ row }) => labelOf(row));
  return (
    `Scatter plot: ${lowerFirst(price.title)} for ${counted(points.length, 'network')}${joined ? ', the road drawn as a path from its start to its end' : ''}. ` +
    `${best ? `Best: ${words(best)}. ` : ''}${cheapest ? `${price.better === 'less' ? 'Least' : 'Fastest'}: ${words(cheapest)}. ` : ''}${front.length > 0 ? `On the front, where no other is both ${price.better === 'less' ? 'cheaper' : 'faster'} and more accurate: ${listed(front)}. ` : ''}All numbers are in the table of steps.`
  );
}

/** More points than this are shown without numbers and key. */
const mostNumbers = 40;

interface View {
  readonly points: readonly Point[];
  readonly theme: Theme;
  readonly layout: Layout;
  /** Whether a path joins the points: the variants follow each other. */
  readonly joined: boolean;
  readonly better: Price['better'];
}

function draw(
  study: Study,
  price: Price,
  letter: string,
  points: readonly Point[],
  theme: Theme,
  layout: Layout,
): Drawing {
  const words = rowWords(study);
  const wide = layout === 'wide';
  const width = wide ? 1040 : 440;
  const size = wide ? 12 : 10;
  const view: View = { points, theme, layout, joined: isRoad(study), better: price.better };
  const numbered = points.length <= mostNumbers;
  const list = listOf(numbered ? points.map((point) => listItem(point, theme)) : [], theme, layout);
  const head: Head = {
    title: `${study.plan.suite}: ${lowerFirst(price.title)}`,
    subtitle: conditions(study),
    key: keyOf(view),
  };
  const top = headHeight(layout, head.key, width);
  const xAxis = pointAxis(points.length > 0 ? points.flatMap(({ x, across }) => [x - across, x + across]) : [0, 1], 0);
  const yAxis = pointAxis(points.length > 0 ? points.flatMap(({ y, sd }) => [y - sd, y + sd]) : [0, 100], 0);
  return {
    width,
    height: Math.round(wide ? Math.max(560, top + list.beside + 40) : top + 330 + list.below),
    config: () =>
      ({
        type: 'scatterWithErrorBars',
        data: { datasets: [...(view.joined ? [pathSet(view)] : []), frontSet(view), ...pointSets(view)] },
        options: {
          layout: { padding: { left: wide ? 14 : 6, right: list.right, top, bottom: list.below } },
          scales: {
            x: linearScale(xAxis, { theme, size, title: price.axis(letter) }),
            y: linearScale(yAxis, { theme, size, title: 'Top-1 accuracy (%)' }),
          },
          plugins: { legend: { display: false }, annotation: { annotations: {} } },
        },
        plugins: [headPlugin(head, theme, layout), ...(numbered ? [numbersPlugin(view), list.plugin(top)] : [])],
      }) as unknown as ChartConfiguration,
    spots: ({ scales: { x: across, y: up } }) =>
      points.map(({ row, x, y }) =>
        pointSpot(across?.getPixelForValue(x) ?? 0, up?.getPixelForValue(y) ?? 0, words(row)),
      ),
  };
}

const lowerFirst = (words: string): string => words.charAt(0).toLowerCase() + words.slice(1);

function keyOf({ points, theme, joined, better }: View): KeyItem[] {
  const items: (KeyItem | false)[] = [
    joined && { mark: 'line', colour: theme.road, label: 'the road' },
    { mark: 'dashed', colour: theme.cost, label: `none ${better === 'less' ? 'cheaper' : 'faster'} and better` },
    points.some(({ row }) => !row.variant.adopted) && { mark: 'dot', colour: theme.road, label: 'tried, not adopted' },
    points.some(({ row }) => row.variant.kind === 'compare') && {
      mark: 'diamond',
      colour: theme.comparator,
      label: 'the mark to beat',
    },
    points.some(({ sd }) => sd > 0) && { mark: 'whisker', colour: theme.quiet, label: '± 1 sd over seeds' },
  ];
  return items.filter((item) => item !== false);
}

const onRoad = ({ row }: Point): boolean => row.variant.kind !== 'compare' && row.variant.adopted;

const pathSet = ({ points, theme }: View): object => ({
  type: 'line',
  data: points.filter(onRoad).map(({ x, y }) => ({ x, y })),
  borderColor: theme.road,
  borderWidth: 1.4,
  pointRadius: 0,
  order: 3,
});

/** A staircase: the best accuracy that a network at that cost, or better, has. */
function frontSet({ points, theme, better }: View): object {
  const front = points.filter((point) => point.front).sort((a, b) => a.x - b.x || a.y - b.y);
  const corner = (from: Point, to: Point) => (better === 'less' ? { x: to.x, y: from.y } : { x: from.x, y: to.y });
  return {
    type: 'line',
    data: front.flatMap((point, at) => {
      const before = front[at - 1];
      return [...(before ? [corner(before, point)] : []), { x: point.x, y: point.y }];
    }),
    borderColor: theme.cost,
    borderDash: [5, 4],
    borderWidth: 1.4,
    pointRadius: 0,
    order: 4,
  };
}

/** Of what hangs on nothing there is no whisker along it. */
const whiskers = ({ x, across, y, sd }: Point): object => ({
  ...{ x, y, yMin: y - sd, yMax: y + sd },
  ...(across > 0 && { xMin: x - across, xMax: x + across }),
});

function pointSets({ points, theme, layout }: View): object[] {
  const radius = layout === 'wide' ? 5 : 4;
  const set = (chosen: (point: Point) => boolean, fill: string, border: string, pointStyle = 'circle') => ({
    type: 'scatterWithErrorBars',
    data: points.filter(chosen).map(whiskers),
    backgroundColor: fill,
    borderColor: border,
    borderWidth: 1.4,
    radius: pointStyle === 'rectRot' ? radius + 2 : radius,
    pointStyle,
    errorBarColor: theme.quiet,
    errorBarWhiskerColor: theme.quiet,
    errorBarWhiskerSize: 8,
    errorBarLineWidth: 1,
    errorBarWhiskerLineWidth: 1,
    order: 1,
  });
  return [
    set((point) => onRoad(point) && point.row.variant.kind === 'step', theme.road, theme.background),
    set(({ row }) => row.variant.kind === 'base', theme.base, theme.background),
    set(({ row }) => !row.variant.adopted, theme.background, theme.road),
    set(({ row }) => row.variant.kind === 'compare', theme.comparator, theme.background, 'rectRot'),
  ];
}

/** The points' numbers, each at a place near its point where it covers nothing. */
function numbersPlugin({ points, theme, joined, layout }: View): Plugin {
  const size = layout === 'wide' ? 12.5 : 10.5;
  return {
    id: 'numbers',
    afterDraw({ ctx: browser, scales, chartArea }: Chart) {
      const ctx = browser as unknown as Context;
      const { x: across, y: up } = scales;
      if (!across || !up) return;
      const at = points.map(({ x, y }) => ({ x: across.getPixelForValue(x), y: up.getPixelForValue(y) }));
      const path = joined ? at.filter((_, index) => onRoad(points[index] as Point)) : [];
      placeLabels(at, path, { width: size * 1.45, height: size * 1.1 }, chartArea).forEach((place, index) => {
        const { number } = points[index] as Point;
        const from = at[index] as { x: number; y: number };
        ctx.save();
        ctx.strokeStyle = theme.quiet;
        ctx.lineWidth = 0.8;
        if (place.far) strokeLine(ctx, from.x, from.y, place.x, place.y);
        text(ctx, String(number), place.x, place.y, {
          size: size - 1,
          colour: theme.text,
          bold: true,
          align: 'center',
        });
        ctx.restore();
      });
    },
  };
}

const listItem = ({ row, number }: Point, theme: Theme): ListItem => ({
  number: String(number),
  label: labelOf(row),
  value: percent(row.top1?.mean ?? 0, 1),
  draw(ctx, x, y) {
    if (row.variant.kind === 'compare') diamond(ctx, x + 14, y, 5, theme.comparator);
    else dot(ctx, x + 14, y, row, theme);
  },
});

function dot(ctx: Context, x: number, y: number, { variant }: Row, theme: Theme): void {
  const colour = variant.kind === 'base' ? theme.base : theme.road;
  ctx.save();
  ctx.beginPath();
  ctx.arc(x, y, 4, 0, 2 * Math.PI);
  ctx.fillStyle = variant.adopted ? colour : theme.background;
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.4;
  ctx.fill();
  ctx.stroke();
  ctx.restore();
}
