import type { Chart, ChartConfiguration, Plugin } from 'chart.js';
import type { StepEffect } from '../../statistics/effects.js';
import { signed } from '../format.js';
import { counted } from '../../words/counted.js';
import { conditions } from '../labels.js';
import type { Study } from '../study.js';
import { effectsCsv } from '../tables/effects.js';
import { changeRowsOptions } from './change-rows.js';
import { diamond, type Head, headHeight, headPlugin } from './head.js';
import { type Context, labelText, text } from './marks.js';
import type { Drawing, Figure, Layout } from './render.js';
import { pointSpot } from './spots.js';
import { alongRoad, type Theme } from './theme.js';

/** What each step did in every company it was measured in: a dot a company, coloured by how many steps were there before. */
export function effectsFigure(study: Study): Figure | null {
  const effects = study.effects.filter(({ contexts }) => contexts.length > 1);
  if (effects.length === 0) return null;
  const words = effects.map(
    ({ step, contexts, range }) =>
      `${step} from ${signed(range[0])} to ${signed(range[1])} in ${counted(contexts.length, 'company', 'companies')}`,
  );
  return {
    name: 'effects',
    title: 'What each step did, by the company it keeps',
    alt: `Dot plot of the change in percent points that each step makes on top of different steps. ${words.join('; ')}.`,
    csv: effectsCsv(study),
    draw: (theme, layout) => draw(study, effects, theme, layout),
  };
}

interface View {
  readonly effects: readonly StepEffect[];
  readonly reach: number;
  readonly theme: Theme;
  readonly size: {
    readonly width: number;
    readonly row: number;
    readonly text: number;
    readonly labels: number;
    readonly numbers: number;
  };
}

const sizes: Readonly<Record<Layout, View['size']>> = {
  wide: { width: 1040, row: 32, text: 13, labels: 190, numbers: 170 },
  narrow: { width: 440, row: 28, text: 10.5, labels: 118, numbers: 92 },
};

function draw(study: Study, effects: readonly StepEffect[], theme: Theme, layout: Layout): Drawing {
  const size = sizes[layout];
  const reach = 1.08 * (Math.max(...effects.flatMap(({ range }) => range.map(Math.abs))) || 1);
  const view: View = { effects, reach, theme, size };
  const head: Head = {
    title: `${study.plan.suite}: each step in its company`,
    subtitle: conditions(study),
    key: [
      { mark: 'bar', colour: alongRoad(theme, 0), label: 'few steps there before' },
      { mark: 'bar', colour: alongRoad(theme, 1), label: 'many' },
      { mark: 'diamond', colour: theme.text, label: 'mean over companies' },
    ],
  };
  const top = headHeight(layout, head.key, size.width);
  return {
    width: size.width,
    height: Math.round(top + effects.length * size.row + 52),
    config: () => configOf(view, head, top, layout),
    spots: ({ scales: { x: across, y: down } }) =>
      effects.flatMap(({ step, contexts }, at) =>
        contexts.map(({ difference, context }) =>
          pointSpot(
            across?.getPixelForValue(difference.mean) ?? 0,
            down?.getPixelForValue(at) ?? 0,
            `${step}\n${signed(difference.mean)} points over ${counted(difference.seeds.length, 'seed')}\non top of ${context.join(', ') || 'the start'}`,
          ),
        ),
      ),
  };
}

function configOf(view: View, head: Head, top: number, layout: Layout): ChartConfiguration {
  const { effects, reach, theme, size } = view;
  const most = Math.max(1, ...effects.flatMap(({ contexts }) => contexts.map(({ context }) => context.length)));
  const dots = effects.flatMap(({ contexts }, at) =>
    contexts.map(({ difference, context }) => ({
      x: difference.mean,
      y: at,
      colour: alongRoad(theme, context.length / most),
    })),
  );
  const config = {
    type: 'scatter',
    data: {
      datasets: [
        {
          data: dots.map(({ x, y }) => ({ x, y })),
          pointBackgroundColor: dots.map(({ colour }) => colour),
          pointBorderColor: theme.background,
          pointRadius: layout === 'wide' ? 5 : 4,
        },
      ],
    },
    options: changeRowsOptions({
      rows: effects.length,
      reach,
      title: 'Change in top-1 accuracy (points)',
      theme,
      layout,
      textSize: size.text,
      padding: { left: size.labels, right: size.numbers, top },
    }),
    plugins: [headPlugin(head, theme, layout), wordsPlugin(view, layout)],
  };
  return config as unknown as ChartConfiguration;
}

function wordsPlugin({ effects, theme, size }: View, layout: Layout): Plugin {
  return {
    id: 'words',
    afterDraw({ ctx: browser, scales, chartArea }: Chart) {
      const ctx = browser as unknown as Context;
      effects.forEach(({ step, mean, range }, at) => {
        const y = scales.y?.getPixelForValue(at) ?? 0;
        labelText(ctx, step, chartArea.left - 10, y, size.labels - 20, { size: size.text, colour: theme.text });
        diamond(ctx, scales.x?.getPixelForValue(mean) ?? 0, y - size.row * 0.3, 4.5, theme.text);
        const digits = layout === 'wide' ? 2 : 1;
        const span = `${signed(range[0], digits)} … ${signed(range[1], digits)}`;
        text(ctx, span, chartArea.right + 12, y, { size: size.text, colour: theme.text });
      });
    },
  };
}
