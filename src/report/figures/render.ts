import { createRequire } from 'node:module';
import type { Chart, ChartConfiguration } from 'chart.js';
import type { ChartJSNodeCanvas } from 'chartjs-node-canvas';
import { registerFonts } from './fonts.js';
import { svgCanvas } from './svg.js';
import { fontFamily, type Theme } from './theme.js';

/** What to draw: `config` makes a fresh Chart.js configuration for every rendering, since Chart.js changes what it is given. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  config(): ChartConfiguration;
}

export type Layout = 'wide' | 'narrow';

/** A picture of the report, with what stands beside it: its numbers and its words. */
export interface Figure {
  /** File name without extension. */
  readonly name: string;
  readonly title: string;
  /** What the picture shows, for those who do not see it. */
  readonly alt: string;
  readonly csv: string;
  draw(theme: Theme, layout: Layout): Drawing;
}

/** As PNG, at `scale` pixels a unit. */
export async function drawPng(drawing: Drawing, theme: Theme, scale = 2): Promise<Buffer> {
  const { canvas } = rendererOf(drawing);
  return await canvas.renderToBuffer(prepared(drawing, theme, scale));
}

/** As SVG with real text, which stays sharp, searchable and selectable. */
export function drawSvg(drawing: Drawing, theme: Theme): string {
  const { ChartClass } = rendererOf(drawing);
  const canvas = svgCanvas(drawing.width, drawing.height);
  const chart = new ChartClass(canvas.element, prepared(drawing, theme, 1));
  const svg = canvas.content();
  chart.destroy();
  return svg;
}

function prepared(drawing: Drawing, theme: Theme, scale: number): ChartConfiguration {
  const config = drawing.config();
  config.options = {
    ...config.options,
    animation: false,
    responsive: false,
    devicePixelRatio: scale,
    color: theme.text,
  };
  config.plugins = [background(theme), ...(config.plugins ?? [])];
  return config;
}

const background = (theme: Theme) => ({
  id: 'background',
  beforeDraw({ ctx, width, height }: Chart) {
    ctx.save();
    ctx.fillStyle = theme.background;
    ctx.fillRect(0, 0, width, height);
    ctx.restore();
  },
});

interface Renderer {
  readonly canvas: ChartJSNodeCanvas;
  /** The Chart class with the same plug-ins, for the SVG canvas that chartjs-node-canvas cannot make. */
  readonly ChartClass: typeof Chart;
}

const renderers = new Map<string, Renderer>();

/** One renderer a size: each has its own copy of Chart.js with the plug-ins registered, which takes tens of milliseconds. */
function rendererOf({ width, height }: Drawing): Renderer {
  const key = `${width}x${height}`;
  const known = renderers.get(key);
  if (known) return known;
  registerFonts();
  const { ChartJSNodeCanvas: Canvas } = require('chartjs-node-canvas') as typeof import('chartjs-node-canvas');
  let ChartClass: typeof Chart | null = null;
  const canvas = new Canvas({
    width,
    height,
    plugins: { modern: ['chartjs-chart-error-bars', 'chartjs-plugin-annotation'] },
    chartCallback: (chart) => {
      chart.defaults.font.family = fontFamily;
      ChartClass = chart as unknown as typeof Chart;
    },
  });
  const renderer = { canvas, ChartClass: ChartClass as unknown as typeof Chart };
  renderers.set(key, renderer);
  return renderer;
}

const require = createRequire(import.meta.url);
