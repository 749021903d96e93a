import { inUnit, percent, signed, unitFor } from '../format.js';
import { counted } from '../../words/counted.js';
import { conditions, labelOf } from '../labels.js';
import { isRoad, type Row, roadEnd, type Study } from '../study.js';
import { csv } from '../tables/csv.js';
import { barAxis, pointAxis } from './axis.js';
import { type Head, headHeight, type KeyItem } from './head.js';
import type { Drawing, Figure, Layout } from './render.js';
import { roadmapConfig } from './roadmap-config.js';
import { lineSpot, rowWords } from './spots.js';
import type { Line, RoadmapView } from './roadmap-view.js';
import type { Theme } from './theme.js';

/** The paper's Figure 2 with this study's numbers: accuracy as bars in the road's order, cost as a line of stars. */
export function roadmapFigure(study: Study): Figure {
  return {
    name: 'roadmap',
    title: 'The road, step by step',
    alt: altText(study),
    csv: csvOf(study),
    draw: (theme, layout) => draw(study, theme, layout),
  };
}

const sizes: Readonly<Record<Layout, RoadmapView['size']>> = {
  wide: { width: 1040, row: 30, text: 13, sections: 96, labels: 172, foot: 52 },
  narrow: { width: 440, row: 26, text: 10.5, sections: 62, labels: 106, foot: 46 },
};

/** Without sections the room of their brackets goes to the labels. */
function fittedSize(rows: readonly Row[], layout: Layout): RoadmapView['size'] {
  const size = sizes[layout];
  if (rows.some(({ variant }) => variant.section !== null)) return size;
  const margin = layout === 'wide' ? 14 : 6;
  return { ...size, sections: margin, labels: size.labels + size.sections - margin };
}

function draw(study: Study, theme: Theme, layout: Layout): Drawing {
  const lines = linesOf(study.rows);
  const words = rowWords(study);
  const rows = lines.filter((line) => line !== null);
  const reach = rows.flatMap(({ top1, bySeed }) =>
    top1 ? [...bySeed.values(), top1.mean + (top1.sd ?? 0), top1.mean - (top1.sd ?? 0)] : [],
  );
  const unit = unitFor(rows.map(({ variant }) => variant.macs));
  const head: Head = { title: titleOf(study), subtitle: conditions(study), key: keyOf(rows, theme, isRoad(study)) };
  const top = headHeight(layout, head.key, sizes[layout].width);
  const size = fittedSize(rows, layout);
  const view: RoadmapView = {
    lines,
    accuracy: barAxis(reach.length > 0 ? reach : [0, 100], layout === 'wide' ? 0.17 : 0.33),
    cost: pointAxis(
      rows.map(({ variant }) => variant.macs / unit.factor),
      0,
    ),
    unit,
    theme,
    layout,
    joined: isRoad(study),
    size,
    head,
    top,
  };
  return {
    width: size.width,
    height: Math.round(top + lines.length * size.row + size.foot),
    config: () => roadmapConfig(view),
    spots: (chart) => lines.flatMap((line, at) => (line ? [lineSpot(chart, at, size.row, words(line))] : [])),
  };
}

/** Lines beyond this are no picture any more. */
const mostLines = 60;

/** The road, a gap, and the networks that it is to beat. Of very many combinations the start and the best. */
function linesOf(rows: readonly Row[]): Line[] {
  const comparators = rows.filter(({ variant }) => variant.kind === 'compare');
  const all = rows.filter(({ variant }) => variant.kind !== 'compare');
  const best = [...all].sort((a, b) => (b.top1?.mean ?? -1) - (a.top1?.mean ?? -1)).slice(0, mostLines);
  const road = all.length <= mostLines ? all : all.filter((row) => row.variant.kind === 'base' || best.includes(row));
  return comparators.length > 0 ? [...road, null, ...comparators] : road;
}

function titleOf(study: Study): string {
  if (isRoad(study)) return `${study.plan.suite}: top-1 accuracy, step by step`;
  const count = study.rows.filter(({ variant }) => variant.kind !== 'compare').length;
  return `${study.plan.suite}: top-1 accuracy, ${count > mostLines ? `the best ${mostLines} of ${count} networks` : study.plan.strategy}`;
}

function keyOf(rows: readonly Row[], theme: Theme, joined: boolean): KeyItem[] {
  const has = (test: (row: Row) => boolean) => rows.some(test);
  const items: (KeyItem | false)[] = [
    has(({ variant }) => variant.kind === 'base') && { mark: 'bar', colour: theme.base, label: 'start' },
    has(({ variant }) => variant.kind === 'step') && {
      mark: 'bar',
      colour: theme.road,
      label: joined ? 'on the road' : 'a combination of steps',
    },
    has(({ variant }) => !variant.adopted) && { mark: 'hatched', colour: theme.road, label: 'tried, not adopted' },
    has(({ variant }) => variant.kind === 'compare') && {
      mark: 'bar',
      colour: theme.comparator,
      label: 'the mark to beat',
    },
    has(({ top1 }) => (top1?.sd ?? null) !== null) && {
      mark: 'whisker',
      colour: theme.text,
      label: '± 1 sd over seeds',
    },
    has(({ bySeed }) => bySeed.size > 1) && { mark: 'dot', colour: theme.text, label: 'a seed' },
    { mark: 'star', colour: theme.cost, label: 'cost' },
  ];
  return items.filter((item) => item !== false);
}

function altText(study: Study): string {
  const unit = unitFor(study.rows.map(({ variant }) => variant.macs));
  const words = (row: Row) =>
    `${labelOf(row)} ${row.top1 ? `${percent(row.top1.mean)}%` : 'without a result'}, ${inUnit(row.variant.macs, unit)} ${unit.letter}MACs`;
  const start = study.rows.find(({ variant }) => variant.kind === 'base');
  const end = roadEnd(study.rows, study.plan);
  const changes = study.rows
    .filter(({ delta }) => delta)
    .sort((a, b) => Math.abs(b.delta?.mean ?? 0) - Math.abs(a.delta?.mean ?? 0));
  const largest = changes.slice(0, 3).map((row) => `${labelOf(row)} ${signed(row.delta?.mean ?? 0)}`);
  return [
    `Bar chart of the top-1 accuracy of ${counted(study.rows.length, 'network')} in the order of the road, with error bars over seeds and the cost of each as a line of stars.`,
    ...(start ? [`It starts at ${words(start)}.`] : []),
    ...(end ? [`It ends at ${words(end)}.`] : []),
    ...study.rows.filter(({ variant }) => variant.kind === 'compare').map((row) => `To beat: ${words(row)}.`),
    ...(largest.length > 0 ? [`The largest changes: ${largest.join('; ')}.`] : []),
    'All numbers are in the table of steps.',
  ].join(' ');
}

function csvOf({ rows }: Study): string {
  const header = [
    'variant',
    'title',
    'section',
    'kind',
    'adopted',
    'top1_mean',
    'top1_sd',
    'seeds',
    'macs',
    'parameters',
  ];
  return csv(
    header,
    rows.map(({ variant, top1 }) => [
      variant.name,
      variant.title,
      variant.section,
      variant.kind,
      String(variant.adopted),
      top1?.mean ?? null,
      top1?.sd ?? null,
      top1?.n ?? 0,
      variant.macs,
      variant.params,
    ]),
  );
}
