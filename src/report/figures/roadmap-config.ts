import type { ChartConfiguration } from 'chart.js';
import type { Row } from '../study.js';
import type { Axis } from './axis.js';
import { headPlugin } from './head.js';
import { roadmapMarks } from './roadmap-marks.js';
import type { Line, RoadmapView } from './roadmap-view.js';
import { linearScale } from './scale.js';

/**
 * Bars with error bars on the left panel, the line of costs on the right one: two x axes stacked side by side, so that
 * neither hides the other. Labels, brackets, hatching, stars and numbers are drawn by `roadmapMarks`.
 */
export function roadmapConfig(view: RoadmapView): ChartConfiguration {
  const { lines, theme, size, layout, top, head } = view;
  const keys = lines.map(keyOfLine);
  const config = {
    type: 'bar',
    data: { labels: keys, datasets: view.joined ? [barSet(view), costSet(view)] : [barSet(view)] },
    options: {
      indexAxis: 'y',
      layout: { padding: { left: size.sections, right: layout === 'wide' ? 18 : 8, top, bottom: 4 } },
      scales: {
        y: {
          type: 'category',
          labels: keys,
          offset: true,
          grid: { display: false },
          border: { color: theme.quiet },
          ticks: { display: false },
          afterFit: (axis: { width: number }) => {
            axis.width = size.labels;
          },
        },
        x: {
          ...panel(view.accuracy, layout === 'wide' ? 3 : 2.4, accuracyTitle(view), theme.text, view),
          afterBuildTicks: ticksOfAccuracy,
        },
        cost: panel(view.cost, 1, `${view.unit.letter}MACs`, theme.cost, view),
      },
      plugins: { legend: { display: false }, annotation: { annotations: marksToBeat(view) } },
    },
    plugins: [headPlugin(head, theme, layout), ...roadmapMarks(view)],
  };
  return config as unknown as ChartConfiguration;
}

const keyOfLine = (line: Line, at: number): string => line?.variant.name ?? `gap ${at}`;

function barSet({ lines, theme, size }: RoadmapView): object {
  const colour = (line: Line) => {
    if (!line) return 'transparent';
    if (line.variant.kind === 'compare') return theme.comparator;
    if (line.variant.kind === 'base') return theme.base;
    return line.variant.adopted ? theme.road : theme.background;
  };
  return {
    type: 'barWithErrorBars',
    xAxisID: 'x',
    yAxisID: 'y',
    order: 2,
    data: lines.map((line, at) => {
      const mean = line?.top1?.mean ?? null;
      const sd = line?.top1?.sd ?? null;
      const whiskers = mean === null || sd === null ? {} : { xMin: mean - sd, xMax: mean + sd };
      return { x: mean, y: keyOfLine(line, at), ...whiskers };
    }),
    backgroundColor: lines.map(colour),
    errorBarColor: theme.text,
    errorBarWhiskerColor: theme.text,
    errorBarLineWidth: 1.4,
    errorBarWhiskerLineWidth: 1.4,
    errorBarWhiskerSize: size.row * 0.4,
    barPercentage: 0.76,
    categoryPercentage: 1,
  };
}

function costSet({ lines, theme, unit }: RoadmapView): object {
  const onRoad = lines
    .map((line, at) => ({ line, at }))
    .filter(({ line }) => line && line.variant.kind !== 'compare' && line.variant.adopted);
  return {
    type: 'line',
    xAxisID: 'cost',
    yAxisID: 'y',
    indexAxis: 'y',
    order: 1,
    data: onRoad.map(({ line, at }) => ({ x: (line as Row).variant.macs / unit.factor, y: keyOfLine(line, at) })),
    borderColor: theme.cost,
    borderWidth: 1.6,
    pointRadius: 0,
  };
}

/** One of the two axes side by side at the foot. */
const panel = (
  axis: Axis,
  stackWeight: number,
  title: string,
  colour: string,
  { theme, size }: RoadmapView,
): object => ({
  ...linearScale(axis, { theme, size: size.text - 1, title, colour, line: false }),
  position: 'bottom',
  stack: 'panels',
  stackWeight,
});

/** The room kept for numbers behind the bars is no accuracy, and a number at its very end would touch the costs' first. */
function ticksOfAccuracy(axis: { min: number; max: number; ticks: { value: number }[] }): void {
  const end = axis.min + 0.97 * (axis.max - axis.min);
  axis.ticks = axis.ticks.filter(({ value }) => value <= Math.min(100, end));
}

function accuracyTitle({ accuracy: { min, startsAtZero }, layout }: RoadmapView): string {
  if (startsAtZero) return 'Top-1 accuracy (%)';
  const start = Number(min.toPrecision(6));
  return layout === 'wide' ? `Top-1 accuracy (%) — bars start at ${start}, not at 0` : `Top-1 (%), bars from ${start}`;
}

/** A dashed line at each comparator's accuracy, over the whole road. */
function marksToBeat({ lines, theme }: RoadmapView): Record<string, object> {
  const comparators = lines.flatMap((line) => (line?.variant.kind === 'compare' && line.top1 ? [line] : []));
  return Object.fromEntries(
    comparators.map(({ variant, top1 }) => [
      variant.name,
      {
        type: 'line',
        scaleID: 'x',
        value: top1?.mean,
        borderColor: theme.comparator,
        borderWidth: 1.6,
        borderDash: [5, 4],
        drawTime: 'afterDatasetsDraw',
      },
    ]),
  );
}
