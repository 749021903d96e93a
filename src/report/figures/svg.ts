import { createCanvas, type SKRSContext2D, SvgExportFlag } from '@napi-rs/canvas';
import { fontFamily } from './theme.js';

/** A canvas that writes SVG, for Chart.js, and what it has written, made small. */
export interface SvgCanvas {
  readonly element: HTMLCanvasElement;
  content(): string;
}

export function svgCanvas(width: number, height: number): SvgCanvas {
  const canvas = createCanvas(width, height, SvgExportFlag.RelativePathEncoding);
  const ctx = canvas.getContext('2d');
  // Skia writes a circle as 64 short curves, 6 kB each; four Bezier curves are as round.
  ctx.arc = (x, y, radius, from, to, counterclockwise) =>
    arc(ctx, { x, y, radius }, from, counterclockwise ? Math.min(to, from) : to);
  // Chart.js sets CSS sizes on whatever canvas it is given.
  const element = Object.assign(canvas, { style: {}, getContext: () => ctx });
  return {
    element: element as unknown as HTMLCanvasElement,
    content: () => smaller(canvas.getContent().toString('utf8')),
  };
}

/** Appends an arc as Bezier curves of at most a quarter turn. */
function arc(
  ctx: SKRSContext2D,
  { x, y, radius }: { x: number; y: number; radius: number },
  from: number,
  to: number,
): void {
  const turn = Math.max(-2 * Math.PI, Math.min(2 * Math.PI, to - from));
  const parts = Math.max(1, Math.ceil(Math.abs(turn) / (Math.PI / 2) - 1e-9));
  const step = turn / parts;
  const reach = (4 / 3) * Math.tan(step / 4) * radius;
  const at = (angle: number) => ({ cos: Math.cos(angle), sin: Math.sin(angle) });
  const start = at(from);
  ctx.lineTo(x + radius * start.cos, y + radius * start.sin);
  for (let part = 0; part < parts; part++) {
    const a = at(from + part * step);
    const b = at(from + (part + 1) * step);
    const [ax, ay] = [x + radius * a.cos, y + radius * a.sin];
    const [bx, by] = [x + radius * b.cos, y + radius * b.sin];
    ctx.bezierCurveTo(ax - reach * a.sin, ay + reach * a.cos, bx + reach * b.sin, by - reach * b.cos, bx, by);
  }
}

/** Skia counts its clips through the whole process; counted from 0 in each picture, equal drawings are equal files. */
function renumbered(svg: string): string {
  const ids = [...new Set(svg.match(/(?<=id=")[a-z]+_[0-9a-f]+(?=")/g) ?? [])];
  const numbers = new Map(ids.map((id, at) => [id, `c${at}`]));
  return svg.replace(/(?<=id="|url\(#)[a-z]+_[0-9a-f]+(?="|\))/g, (id) => numbers.get(id) ?? id);
}

/** Two decimals are a hundredth of a pixel; fallbacks for the font; a viewBox, so that the picture scales. */
function smaller(svg: string): string {
  return renumbered(svg)
    .replace(
      / (d|x|y|width|height|stroke-width|stroke-opacity|fill-opacity)="([^"]*)"/g,
      (_, name: string, value: string) => ` ${name}="${rounded(value)}"`,
    )
    .replace(/ font-family="[^"]*"/g, ` font-family="'${fontFamily}', 'DejaVu Sans', Arial, Helvetica, sans-serif"`)
    .replace(/<svg ([^>]*?)width="(\d+)" height="(\d+)"/, '<svg $1width="$2" height="$3" viewBox="0 0 $2 $3"');
}

const rounded = (value: string): string =>
  value.replace(/-?\d*\.\d+(e-?\d+)?/g, (number) => String(Math.round(Number(number) * 100) / 100)).replace(/, $/, '');
