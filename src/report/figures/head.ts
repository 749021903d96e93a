import type { Chart, Plugin } from 'chart.js';
import { textWidth } from './fonts.js';
import { type Context, fitted, hatch, star, text } from './marks.js';
import type { Layout } from './render.js';
import type { Theme } from './theme.js';

/** An entry of a figure's key: a small drawing and its meaning. */
export interface KeyItem {
  readonly mark: 'bar' | 'hatched' | 'dashed' | 'line' | 'star' | 'dot' | 'whisker' | 'diamond' | 'band';
  readonly colour: string;
  readonly label: string;
}

export interface Head {
  readonly title: string;
  readonly subtitle: string;
  readonly key: readonly KeyItem[];
}

const metrics = {
  wide: { left: 20, title: 20, titleY: 25, text: 12.5, subtitleY: 49, keyY: 73, line: 20, gap: 20, height: 92 },
  narrow: { left: 10, title: 14, titleY: 18, text: 10, subtitleY: 37, keyY: 57, line: 16, gap: 12, height: 74 },
} as const;

/** How much room the head takes above the chart of a picture that is `width` wide. */
export function headHeight(layout: Layout, key: readonly KeyItem[], width: number): number {
  const { height, keyY, subtitleY } = metrics[layout];
  if (key.length === 0) return height - (keyY - subtitleY);
  return height + Math.max(...placeKey(layout, key, width).map(({ y }) => y - keyY));
}

/** Where each entry of the key goes: side by side, in as many lines as it takes. */
function placeKey(
  layout: Layout,
  key: readonly KeyItem[],
  width: number,
): { readonly item: KeyItem; readonly x: number; readonly y: number }[] {
  const { left, keyY, line, text: size, gap } = metrics[layout];
  let [x, y]: [number, number] = [left, keyY];
  return key.map((item) => {
    const needed = 28 + textWidth(item.label, size);
    if (x > left && x + needed > width - left) [x, y] = [left, y + line];
    const place = { item, x, y };
    x += needed + gap;
    return place;
  });
}

/** Draws title, conditions and key above the chart, at the picture's left edge. */
export function headPlugin({ title, subtitle, key }: Head, theme: Theme, layout: Layout): Plugin {
  const m = metrics[layout];
  return {
    id: 'head',
    afterDraw({ ctx: browser, width }: Chart) {
      const ctx = browser as unknown as Context;
      ctx.save();
      const room = width - 2 * m.left;
      text(ctx, fitted(ctx, title, room, m.title, true), m.left, m.titleY, {
        size: m.title,
        colour: theme.text,
        bold: true,
      });
      text(ctx, fitted(ctx, subtitle, room, m.text), m.left, m.subtitleY, { size: m.text, colour: theme.quiet });
      for (const { item, x, y } of placeKey(layout, key, width)) {
        drawMark(ctx, item, x, y, theme);
        text(ctx, item.label, x + 28, y, { size: m.text, colour: theme.text });
      }
      ctx.restore();
    },
  };
}

function drawMark(ctx: Context, { mark, colour }: KeyItem, x: number, y: number, theme: Theme): void {
  const [width, height] = [22, 11];
  const top = y - height / 2;
  ctx.lineWidth = 1.6;
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.setLineDash([]);
  switch (mark) {
    case 'bar':
    case 'band':
      ctx.fillRect(x, top, width, height);
      break;
    case 'hatched':
      hatch(ctx, x, top, width, height, colour);
      ctx.lineWidth = 1;
      ctx.strokeRect(x, top, width, height);
      break;
    case 'dashed':
    case 'line':
      ctx.setLineDash(mark === 'dashed' ? [5, 4] : []);
      strokeLine(ctx, x, y, x + width, y);
      ctx.setLineDash([]);
      break;
    case 'star':
      strokeLine(ctx, x, y, x + width, y);
      star(ctx, x + width / 2, y, 7.5, colour, theme.background);
      break;
    case 'dot':
      ctx.beginPath();
      ctx.arc(x + width / 2, y, 2.8, 0, 2 * Math.PI);
      ctx.fillStyle = theme.background;
      ctx.fill();
      ctx.lineWidth = 1;
      ctx.stroke();
      break;
    case 'diamond':
      diamond(ctx, x + width / 2, y, 6, colour);
      break;
    case 'whisker':
      strokeLine(ctx, x, y, x + width, y);
      strokeLine(ctx, x, y - 4, x, y + 4);
      strokeLine(ctx, x + width, y - 4, x + width, y + 4);
      break;
  }
}

export function strokeLine(ctx: Context, fromX: number, fromY: number, toX: number, toY: number): void {
  ctx.beginPath();
  ctx.moveTo(fromX, fromY);
  ctx.lineTo(toX, toY);
  ctx.stroke();
}

export function diamond(ctx: Context, x: number, y: number, radius: number, colour: string): void {
  ctx.beginPath();
  ctx.moveTo(x, y - radius);
  ctx.lineTo(x + radius, y);
  ctx.lineTo(x, y + radius);
  ctx.lineTo(x - radius, y);
  ctx.closePath();
  ctx.fillStyle = colour;
  ctx.fill();
}
