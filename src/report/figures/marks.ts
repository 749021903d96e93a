import type { SKRSContext2D } from '@napi-rs/canvas';
import { fontFamily } from './theme.js';

/** The 2D context that Chart.js was given; its own type is the browser's. */
export type Context = SKRSContext2D;

/** Fills a rectangle with diagonal lines: what was tried and not adopted. Drawn as lines, so that it is sharp at any scale. */
export function hatch(ctx: Context, x: number, y: number, width: number, height: number, colour: string): void {
  const spacing = 6;
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, width, height);
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  for (let start = x - height; start < x + width; start += spacing) {
    ctx.moveTo(start, y + height);
    ctx.lineTo(start + height, y);
  }
  ctx.stroke();
  ctx.restore();
}

/** A five-pointed star around (x, y), filled or only outlined. */
export function star(ctx: Context, x: number, y: number, radius: number, fill: string, stroke: string): void {
  ctx.beginPath();
  for (let point = 0; point < 10; point++) {
    const reach = point % 2 === 0 ? radius : radius * 0.42;
    const angle = -Math.PI / 2 + (point * Math.PI) / 5;
    const [px, py] = [x + reach * Math.cos(angle), y + reach * Math.sin(angle)];
    if (point === 0) ctx.moveTo(px, py);
    else ctx.lineTo(px, py);
  }
  ctx.closePath();
  ctx.fillStyle = fill;
  ctx.fill();
  ctx.strokeStyle = stroke;
  ctx.lineWidth = 1.2;
  ctx.stroke();
}

const fontOf = (size: number, bold: boolean): string => `${bold ? 'bold ' : ''}${size}px "${fontFamily}"`;

/** Every label is measured for each of its pictures, and measuring takes longer than drawing it. */
const widths = new Map<string, number>();
const mostWidths = 100_000;

function widthOf(ctx: Context, words: string, size: number, bold: boolean): number {
  const font = fontOf(size, bold);
  const key = `${font} ${words}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  ctx.font = font;
  const { width } = ctx.measureText(words);
  if (widths.size >= mostWidths) widths.clear();
  widths.set(key, width);
  return width;
}

export interface TextStyle {
  readonly size: number;
  readonly colour: string;
  readonly bold?: boolean;
  readonly align?: 'left' | 'right' | 'center';
  /** Painted behind the words, so that lines do not cross them. */
  readonly behind?: string;
}

/** Draws a line of text centred on `y`; gives the width it took. */
export function text(ctx: Context, words: string, x: number, y: number, style: TextStyle): number {
  const { size, colour, bold = false, align = 'left', behind } = style;
  const width = widthOf(ctx, words, size, bold);
  ctx.font = fontOf(size, bold);
  ctx.textAlign = align;
  ctx.textBaseline = 'middle';
  if (behind) {
    const left = { left: x, center: x - width / 2, right: x - width }[align];
    ctx.fillStyle = behind;
    ctx.fillRect(left - 3, y - size * 0.6, width + 6, size * 1.2);
  }
  ctx.fillStyle = colour;
  ctx.fillText(words, x, y);
  return width;
}

/** Breaks words into lines of at most `width` units at this size. */
export function wrapped(ctx: Context, words: string, width: number, size: number, bold = false): string[] {
  const lines: string[] = [];
  for (const word of words.split(' ')) {
    const longer = lines.length > 0 ? `${lines.at(-1)} ${word}` : word;
    if (lines.length > 0 && widthOf(ctx, longer, size, bold) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** The words, or as many of their letters as fit with an ellipsis; one at least. */
export function fitted(ctx: Context, words: string, width: number, size: number, bold = false): string {
  if (widthOf(ctx, words, size, bold) <= width) return words;
  let [fits, tooMany] = [1, words.length + 1];
  while (tooMany - fits > 1) {
    const middle = (fits + tooMany) >> 1;
    if (widthOf(ctx, `${words.slice(0, middle)}…`, size, bold) <= width) fits = middle;
    else tooMany = middle;
  }
  return `${words.slice(0, fits).trimEnd()}…`;
}

/** A label that ends at `x`, centred on `y`, in at most two lines of `room` each. */
export function labelText(ctx: Context, words: string, x: number, y: number, room: number, style: TextStyle): void {
  const { size, bold = false } = style;
  const [first = '', ...rest] = wrapped(ctx, words, room, size, bold);
  const lines = rest.length === 0 ? [first] : [first, rest.join(' ')];
  lines.forEach((line, at) => {
    const offset = (at - (lines.length - 1) / 2) * size * 1.08;
    text(ctx, fitted(ctx, line, room, size, bold), x, y + offset, { ...style, align: 'right' });
  });
}
