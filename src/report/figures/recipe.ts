import type { ChartConfiguration } from 'chart.js';
import { csv } from '../tables/csv.js';
import { niceStep } from './axis.js';
import { type Head, headHeight, headPlugin, type KeyItem } from './head.js';
import type { Drawing, Figure, Layout } from './render.js';
import { linearScale } from './scale.js';
import type { Theme } from './theme.js';

/** What a recipe does over a run, as numbers to draw. */
export interface RecipeCurves {
  readonly recipe: string;
  /** The conditions in words: pictures, batch, steps. */
  readonly about: string;
  readonly points: readonly { readonly epoch: number; readonly learningRate: number; readonly decay: number }[];
  /** Probability that a sample skips the last block; over blocks it rises linearly from 0. */
  readonly dropPath: number;
}

interface Panel {
  readonly axis: string;
  readonly lines: readonly { readonly values: readonly number[]; readonly dash?: number[] }[];
}

/** Learning rate, weight decay and stochastic depth over a run, one above the other. */
export function recipeFigure(curves: RecipeCurves): Figure {
  const { recipe, points } = curves;
  const rates = points.map(({ learningRate }) => learningRate);
  const highest = points[rates.indexOf(Math.max(...rates))];
  return {
    name: `recipe-${recipe}`,
    title: `Recipe ${recipe}`,
    alt: `Three line charts over the epochs of recipe ${recipe}: learning rate, at most ${short(highest?.learningRate ?? 0)} at epoch ${short(highest?.epoch ?? 0)}, at the end ${short(rates.at(-1) ?? 0)}; the share of itself that a step's decay takes off a weight; and drop path, ${short(curves.dropPath)} at the last block throughout.`,
    csv: csv(
      ['epoch', 'learning_rate', 'decay', 'drop_path_last_block'],
      points.map(({ epoch, learningRate, decay }) => [epoch, learningRate, decay, curves.dropPath]),
    ),
    draw: (theme, layout) => draw(curves, theme, layout),
  };
}

const short = (value: number): string => String(Number(value.toPrecision(3)));

function panelsOf({ points, dropPath }: RecipeCurves): Panel[] {
  const flat = (value: number) => points.map(() => value);
  return [
    { axis: 'Learning rate', lines: [{ values: points.map(({ learningRate }) => learningRate) }] },
    { axis: 'Rate x decay', lines: [{ values: points.map(({ decay }) => decay) }] },
    {
      axis: 'Drop path',
      lines: [
        { values: flat(dropPath) },
        { values: flat(dropPath / 2), dash: [5, 4] },
        { values: flat(0), dash: [1, 4] },
      ],
    },
  ];
}

function draw(curves: RecipeCurves, theme: Theme, layout: Layout): Drawing {
  const wide = layout === 'wide';
  const [width, size] = wide ? [1040, 12] : [440, 10];
  const panels = panelsOf(curves);
  const colours = [theme.road, theme.cost, theme.helped];
  const label = (axis: string, at: number) => (at === 2 ? `${axis} of the last block` : axis);
  const key = panels.map(
    ({ axis }, at): KeyItem => ({ mark: 'line', colour: colours[at] as string, label: label(axis, at) }),
  );
  const head: Head = {
    title: `Recipe ${curves.recipe} over a run`,
    subtitle: curves.about,
    key: [...key, { mark: 'dashed', colour: theme.helped, label: 'of a block halfway; 0 for the first' }],
  };
  const top = headHeight(layout, head.key, width);
  const last = curves.points.at(-1)?.epoch ?? 1;
  const xAxis = { min: 0, max: last, step: niceStep(last / (wide ? 10 : 5)), startsAtZero: true };
  const lines = panels.flatMap(({ lines }, panel) =>
    lines.map(({ values, dash = [] }) => ({
      yAxisID: axisId(panel),
      data: values.map((y, at) => ({ x: curves.points[at]?.epoch as number, y })),
      borderColor: colours[panel] as string,
      borderDash: dash,
      borderWidth: 2,
      pointRadius: 0,
    })),
  );
  return {
    width,
    height: top + (wide ? 520 : 400),
    config: () =>
      ({
        type: 'line',
        data: { datasets: lines.map((line) => ({ ...line, data: [...line.data] })) },
        options: {
          layout: { padding: { left: wide ? 14 : 6, right: wide ? 24 : 14, top, bottom: 6 } },
          scales: {
            x: withPlainTicks(linearScale(xAxis, { theme, size, title: 'Epoch' })),
            // Chart.js stacks from the bottom.
            ...Object.fromEntries(
              panels
                .map((panel, at) => [axisId(at), panelScale(panel, at, theme, size, panels.length)] as const)
                .reverse(),
            ),
          },
          plugins: { legend: { display: false }, annotation: { annotations: {} } },
        },
        plugins: [headPlugin(head, theme, layout)],
      }) as unknown as ChartConfiguration,
  };
}

const axisId = (panel: number): string => `y${panel}`;

function panelScale({ axis, lines }: Panel, at: number, theme: Theme, size: number, panels: number): object {
  const highest = Math.max(...lines.flatMap(({ values }) => values));
  const step = niceStep((highest || 1) / 4);
  const max = highest > 0 ? highest * 1.08 : 1;
  const scale = linearScale({ min: 0, max, step, startsAtZero: true }, { theme, size, title: axis });
  // The gap between panels: the lower ones give up a little of their top.
  return {
    ...withPlainTicks(scale),
    position: 'left',
    stack: 'panels',
    stackWeight: 1,
    offset: at < panels - 1,
  };
}

/** Ticks with as many digits as they need. */
function withPlainTicks(scale: object): object {
  const { ticks } = scale as { ticks: object };
  return { ...scale, ticks: { ...ticks, callback: (value: number) => String(Number(value.toPrecision(6))) } };
}
