import type { Chart, Plugin } from 'chart.js';
import type { PairedDifference } from '../../statistics/paired.js';
import { inUnit, percent, signed } from '../format.js';
import { claimOf, labelOf } from '../labels.js';
import type { Row } from '../study.js';
import { type Context, fitted, hatch, labelText, star, text, wrapped } from './marks.js';
import type { Line, RoadmapView } from './roadmap-view.js';
import type { Theme } from './theme.js';

/** What Chart.js does not draw: section bands and brackets, labels, hatching, the torn axis, numbers and stars. */
export function roadmapMarks(view: RoadmapView): Plugin[] {
  return [
    {
      id: 'roadmap-back',
      beforeDraw: (chart: Chart) => bands(chart, view),
    },
    {
      id: 'roadmap-front',
      afterDatasetDraw: (chart: Chart, { index }: { index: number }) => {
        if (index === 0) hatchNotAdopted(chart, view);
      },
      afterDraw: (chart: Chart) => {
        tornAxis(chart, view);
        seeds(chart, view);
        labels(chart, view);
        brackets(chart, view);
        values(chart, view);
        stars(chart, view);
      },
    },
  ];
}

const middle = (chart: Chart, at: number): number => chart.scales.y?.getPixelForValue(at) ?? 0;

/** Lines of one section, as they follow each other; lines without one stand alone. */
function sections(lines: readonly Line[]): { readonly name: string; readonly from: number; readonly to: number }[] {
  const found: { name: string; from: number; to: number }[] = [];
  lines.forEach((line, at) => {
    const name = line?.variant.section ?? null;
    if (name === null) return;
    const last = found.at(-1);
    if (last && last.name === name && last.to === at - 1) last.to = at;
    else found.push({ name, from: at, to: at });
  });
  return found;
}

const banded = (lines: readonly Line[]) => sections(lines).filter((_, at) => at % 2 === 0);

/** The colour behind a line. */
const behind = ({ lines, theme }: RoadmapView, at: number): string =>
  banded(lines).some(({ from, to }) => from <= at && at <= to) ? theme.band : theme.background;

/** A quiet band behind every other section ties labels, bars and stars of a line together. */
function bands(chart: Chart, { lines, theme, size, layout }: RoadmapView): void {
  const { ctx, width } = chart;
  const margin = layout === 'wide' ? 12 : 4;
  for (const { from, to } of banded(lines)) {
    ctx.save();
    ctx.fillStyle = theme.band;
    ctx.fillRect(margin, middle(chart, from) - size.row / 2, width - 2 * margin, (to - from + 1) * size.row);
    ctx.restore();
  }
}

function hatchNotAdopted(chart: Chart, { lines, theme }: RoadmapView): void {
  const bars = chart.getDatasetMeta(0).data;
  lines.forEach((line, at) => {
    if (!line?.top1 || line.variant.adopted) return;
    const { x, y, height } = bars[at] as unknown as { x: number; y: number; height: number };
    const left = chart.scales.x?.left ?? 0;
    hatch(chart.ctx, left, y - height / 2, x - left, height, theme.road);
    chart.ctx.save();
    chart.ctx.strokeStyle = theme.road;
    chart.ctx.lineWidth = 1;
    chart.ctx.strokeRect(left, y - height / 2, x - left, height);
    chart.ctx.restore();
  });
}

/** A zigzag cut through the feet of the bars where the axis does not start at 0. */
function tornAxis(chart: Chart, { accuracy, theme, size, lines }: RoadmapView): void {
  const scale = chart.scales.x;
  if (accuracy.startsAtZero || !scale) return;
  const { ctx } = chart;
  const x = scale.left + 7;
  const teeth = 6;
  ctx.save();
  ctx.strokeStyle = theme.background;
  ctx.lineWidth = 2.6;
  lines.forEach((line, at) => {
    if (!line?.top1) return;
    const top = middle(chart, at) - size.row / 2;
    ctx.beginPath();
    for (let tooth = 0; tooth <= teeth; tooth++)
      ctx.lineTo(x + (tooth % 2 === 0 ? -2.5 : 2.5), top + (tooth * size.row) / teeth);
    ctx.stroke();
  });
  ctx.restore();
}

/** Every seed as a dot in the lower half of its bar, below the error bar. */
function seeds(chart: Chart, { lines, theme, size, layout }: RoadmapView): void {
  const { ctx } = chart;
  ctx.save();
  ctx.fillStyle = theme.background;
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = 1;
  lines.forEach((line, at) => {
    if (!line || line.bySeed.size < 2) return;
    for (const accuracy of line.bySeed.values()) {
      ctx.beginPath();
      ctx.arc(
        chart.scales.x?.getPixelForValue(accuracy) ?? 0,
        middle(chart, at) + size.row * 0.23,
        layout === 'wide' ? 2.4 : 1.9,
        0,
        2 * Math.PI,
      );
      ctx.fill();
      ctx.stroke();
    }
  });
  ctx.restore();
}

function labels(chart: Chart, { lines, theme, size }: RoadmapView): void {
  const right = (chart.scales.x?.left ?? 0) - 8;
  lines.forEach((line, at) => {
    if (!line) return;
    const style = { size: size.text, colour: theme.text, bold: line.variant.kind !== 'step' };
    labelText(chart.ctx as unknown as Context, labelOf(line), right, middle(chart, at), size.labels - 14, style);
  });
}

function brackets(chart: Chart, { lines, theme, size, layout }: RoadmapView): void {
  const { ctx } = chart;
  const x = size.sections + (layout === 'wide' ? 2 : 0);
  const words = layout === 'wide' ? size.text - 1 : size.text - 1.5;
  for (const { name, from, to } of sections(lines)) {
    const top = middle(chart, from) - size.row / 2 + 3;
    const bottom = middle(chart, to) + size.row / 2 - 3;
    ctx.save();
    ctx.strokeStyle = theme.quiet;
    ctx.lineWidth = 1.3;
    ctx.beginPath();
    ctx.moveTo(x + 5, top);
    ctx.lineTo(x, top);
    ctx.lineTo(x, bottom);
    ctx.lineTo(x + 5, bottom);
    ctx.stroke();
    ctx.restore();
    const parts = wrapped(ctx, name, size.sections - 16, words);
    parts.forEach((part, line) => {
      const y = (top + bottom) / 2 + (line - (parts.length - 1) / 2) * words * 1.15;
      text(ctx, part, x - 7, y, { size: words, colour: theme.quiet, align: 'right' });
    });
  }
}

/** Accuracy and difference beside each bar, or the reason why there is no bar. */
function values(chart: Chart, view: RoadmapView): void {
  const { lines, theme, size } = view;
  const scale = chart.scales.x;
  if (!scale) return;
  lines.forEach((line, at) => {
    if (!line) return;
    const y = middle(chart, at);
    if (!line.top1) {
      const words = fitted(chart.ctx, absence(line), scale.width - 24, size.text - 1);
      text(chart.ctx, words, scale.left + 16, y, { size: size.text - 1, colour: theme.quiet });
      return;
    }
    const { mean, sd } = line.top1;
    const x = scale.getPixelForValue(Math.max(mean + (sd ?? 0), ...line.bySeed.values())) + 8;
    const taken = text(chart.ctx, percent(mean, 1), x, y, {
      size: size.text,
      colour: theme.text,
      bold: true,
      behind: behind(view, at),
    });
    const style = { size: size.text - 1.5, colour: deltaColour(line, theme), behind: behind(view, at) };
    const change = line.delta ? deltaText(line, line.delta) : '';
    const after = line.atChance ? [change, 'at chance'].filter(Boolean).join(', ') : change;
    if (after !== '')
      text(chart.ctx, after, x + taken + 7, y, line.atChance ? { ...style, colour: theme.hurt } : style);
  });
}

const arrows = { helps: '▲ ', hurts: '▼ ', equivalent: '= ' } as const;

function deltaText({ judged }: Row, { mean }: PairedDifference): string {
  const claim = claimOf(judged);
  return `${claim ? arrows[claim] : ''}${signed(mean, 1)}`;
}

function deltaColour({ judged }: Row, { helped, hurt, text: settled, quiet }: Theme): string {
  const claim = claimOf(judged);
  return claim ? { helps: helped, hurts: hurt, equivalent: settled }[claim] : quiet;
}

function absence({ states }: Row): string {
  const failed = states.find((state) => state.status === 'failed');
  if (failed?.status === 'failed') return `failed: ${failed.reason}`;
  return states.some(({ status }) => status === 'unfinished') ? 'not finished yet' : 'not run yet';
}

/** A star for every network with its cost; hollow where the road does not pass. */
function stars(chart: Chart, view: RoadmapView): void {
  const { lines, theme, unit, size, layout } = view;
  const scale = chart.scales.cost;
  if (!scale) return;
  const radius = layout === 'wide' ? 8 : 6.5;
  lines.forEach((line, at) => {
    if (!line) return;
    const x = scale.getPixelForValue(line.variant.macs / unit.factor);
    const y = middle(chart, at);
    const colour = line.variant.kind === 'compare' ? theme.comparator : theme.cost;
    const filled = line.variant.adopted;
    star(chart.ctx, x, y, radius, filled ? colour : theme.background, filled ? theme.background : colour);
    const right = x + radius + 30 < scale.right;
    text(chart.ctx, inUnit(line.variant.macs, unit), right ? x + radius + 4 : x - radius - 4, y, {
      size: size.text - 2,
      colour: theme.text,
      align: right ? 'left' : 'right',
      behind: behind(view, at),
    });
  });
}
