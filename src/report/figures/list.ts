import type { Chart, Plugin } from 'chart.js';
import { type Context, fitted, text } from './marks.js';
import type { Layout } from './render.js';
import type { Theme } from './theme.js';

/** A line of a long key. */
export interface ListItem {
  /** In front of the mark; empty for none. */
  readonly number: string;
  readonly label: string;
  /** At the line's right end. */
  readonly value: string;
  /** Draws the mark into the 28 units from x on, centred on y. */
  draw(ctx: Context, x: number, y: number): void;
}

const metrics = {
  wide: { columns: 1, line: 22, width: 242, text: 12.5 },
  narrow: { columns: 2, line: 17, width: 200, text: 10.5 },
} as const;

/** A key with a line for each network: beside the chart, or below it where the picture is narrow. */
export interface List {
  /** Room that the chart must leave on its right and below, and the height that the lines need beside it. */
  readonly right: number;
  readonly below: number;
  readonly beside: number;
  plugin(top: number): Plugin;
}

export function listOf(items: readonly ListItem[], theme: Theme, layout: Layout): List {
  const { columns, line, width, text: size } = metrics[layout];
  const wide = layout === 'wide';
  const perColumn = Math.ceil(items.length / columns);
  const drawItem = (ctx: Context, { number, label, value, draw }: ListItem, x: number, y: number) => {
    const mark = x + (number === '' ? 2 : 22);
    text(ctx, number, mark - 4, y, { size: size - 0.5, colour: theme.text, bold: true, align: 'right' });
    draw(ctx, mark, y);
    const taken = text(ctx, value, x + width - 4, y, { size, colour: theme.quiet, align: 'right' });
    text(ctx, fitted(ctx, label, x + width - mark - taken - 42, size), mark + 34, y, { size, colour: theme.text });
  };
  return {
    right: wide && items.length > 0 ? width + 24 : 12,
    below: wide ? 8 : perColumn * line + 14,
    beside: wide ? items.length * line : 0,
    plugin: (top) => ({
      id: 'list',
      afterDraw({ ctx, width: all, height }: Chart) {
        const left = wide ? all - width - 8 : 16;
        const from = wide ? top + 10 : height - perColumn * line - 2;
        items.forEach((item, at) => {
          const column = Math.floor(at / perColumn);
          const x = left + column * (width + 6);
          drawItem(ctx as unknown as Context, item, x, from + (at % perColumn) * line);
        });
      },
    }),
  };
}
