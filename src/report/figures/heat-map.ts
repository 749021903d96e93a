import type { Chart, ChartConfiguration, Plugin } from 'chart.js';
import { type Head, headHeight, headPlugin } from './head.js';
import { type Context, fitted, labelText, text } from './marks.js';
import type { Drawing, Layout } from './render.js';
import type { Spot } from './spots.js';
import type { Theme } from './theme.js';

/** A cell of a heat map; null is nothing to show. */
export interface HeatCell {
  /** The cell's number, and a second line below it. */
  readonly text: string;
  readonly below: string;
  /** From -1 to 1: how far towards `low` or `high`. */
  readonly share: number;
  readonly marked: boolean;
  /** What it stands for, in lines. */
  readonly words: string;
}

export interface HeatMap {
  readonly head: Head;
  readonly down: readonly string[];
  readonly across: readonly string[];
  readonly cells: readonly (readonly (HeatCell | null)[])[];
  /** What columns are, below them. */
  readonly axis: string;
}

const sizes = {
  wide: { width: 1040, labels: 190, cell: 46, most: 150, text: 13 },
  narrow: { width: 440, labels: 110, cell: 38, most: 80, text: 10 },
} as const;

/** Numbers in a grid, the larger the stronger their colour; text stays readable since colours are mixed with the paper's. */
export function heatMapDrawing(map: HeatMap, theme: Theme, layout: Layout): Drawing {
  const { width, cell } = sizes[layout];
  const top = headHeight(layout, map.head.key, width);
  return {
    width,
    height: Math.round(top + map.down.length * cell + 64),
    config: () =>
      ({
        type: 'scatter',
        data: { datasets: [] },
        options: {
          scales: { x: { display: false }, y: { display: false } },
          plugins: { legend: { display: false }, annotation: { annotations: {} } },
        },
        plugins: [headPlugin(map.head, theme, layout), cellsPlugin(map, top, theme, layout)],
      }) as unknown as ChartConfiguration,
    spots: () => spotsOf(map, top, layout),
  };
}

/** Where the first column starts, and how wide each is. */
function columnsOf({ across }: HeatMap, layout: Layout): { readonly left: number; readonly width: number } {
  const { width, labels, most } = sizes[layout];
  return { left: labels, width: Math.min(most, (width - labels - 16) / across.length) };
}

function spotsOf(map: HeatMap, top: number, layout: Layout): Spot[] {
  const { left, width } = columnsOf(map, layout);
  const { cell: height } = sizes[layout];
  return map.cells.flatMap((cells, row) =>
    cells.flatMap((cell, at) =>
      cell ? [{ x: left + at * width, y: top + row * height, width, height, words: cell.words }] : [],
    ),
  );
}

function cellsPlugin(map: HeatMap, top: number, theme: Theme, layout: Layout): Plugin {
  const { down, across, cells, axis } = map;
  const { labels, cell: height, text: size } = sizes[layout];
  const { width: column } = columnsOf(map, layout);
  return {
    id: 'cells',
    afterDraw({ ctx: browser }: Chart) {
      const ctx = browser as unknown as Context;
      down.forEach((label, row) => {
        const y = top + row * height;
        labelText(ctx, label, labels - 8, y + height / 2, labels - 16, { size, colour: theme.text });
        (cells[row] ?? []).forEach((cell, at) => {
          const x = labels + at * column;
          ctx.fillStyle = cell ? theme.derived((one) => mixed(cell.share, one)) : theme.band;
          ctx.fillRect(x + 1, y + 1, column - 2, height - 2);
          if (!cell) return;
          const [middle, centre] = [x + column / 2, y + height / 2];
          const one = cell.below === '';
          const style = { colour: theme.text, align: 'center' } as const;
          text(ctx, cell.text, middle, one ? centre : centre - size * 0.55, { ...style, size, bold: cell.marked });
          if (!one)
            text(ctx, fitted(ctx, cell.below, column - 6, size - 2.5), middle, centre + size * 0.65, {
              ...style,
              size: size - 2.5,
            });
          if (cell.marked) {
            ctx.setLineDash([]);
            ctx.strokeStyle = theme.text;
            ctx.lineWidth = 1.6;
            ctx.strokeRect(x + 2, y + 2, column - 4, height - 4);
          }
        });
      });
      const foot = top + down.length * height;
      across.forEach((label, at) => {
        const middle = labels + (at + 0.5) * column;
        text(ctx, fitted(ctx, label, column - 4, size - 0.5), middle, foot + 14, {
          size: size - 0.5,
          colour: theme.text,
          align: 'center',
        });
      });
      text(ctx, axis, labels + (across.length * column) / 2, foot + 38, {
        size,
        colour: theme.text,
        bold: true,
        align: 'center',
      });
    },
  };
}

/** The theme's paper with as much of a colour as text on it bears. */
function mixed(share: number, { background, helped, hurt }: Theme): string {
  const amount = 0.55 * Math.min(1, Math.abs(share));
  const [paper, ink] = [parts(background), parts(share < 0 ? hurt : helped)];
  return `rgb(${paper.map((value, at) => Math.round(value + amount * ((ink[at] as number) - value))).join(', ')})`;
}

const parts = (hex: string): number[] => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
