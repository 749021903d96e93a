import { createRequire } from 'node:module';
import { createCanvas, PDFDocument } from '@napi-rs/canvas';
import type { Chart, ChartConfiguration } from 'chart.js';
import { codedTheme, type InThemes } from './both-themes.js';
import { registerFonts } from './fonts.js';
import type { Spot } from './spots.js';
import { svgCanvas } from './svg.js';
import { fontFamily, type Theme } from './theme.js';

/** What to draw: `config` makes a fresh Chart.js configuration for every rendering, since Chart.js changes what it is given. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  config(): ChartConfiguration;
  /** Where the drawn picture shows what: for those who point at it. */
  spots?(chart: Chart): Spot[];
}

export type Layout = 'wide' | 'narrow';

/** A picture of the report, with what stands beside it: its numbers and its words. */
export interface Figure {
  /** File name without extension. */
  readonly name: string;
  readonly title: string;
  /** What the picture shows, for those who do not see it. */
  readonly alt: string;
  /** What is to be known of its numbers: where they were measured, say. */
  readonly note?: string;
  readonly csv: string;
  draw(theme: Theme, layout: Layout): Drawing;
}

/** As SVG with real text, which stays sharp, searchable and selectable. */
export const drawSvg = (drawing: Drawing, theme: Theme): string => svgWithSpots(drawing, theme).svg;

/** As PDF, for papers: a page of the picture's size with its text as text. */
export function drawPdf(drawing: Drawing, theme: Theme): Buffer {
  const { width, height } = drawing;
  const made = new PDFDocument();
  const ctx = made.beginPage(width, height);
  // Chart.js draws into whatever context its canvas gives it, if that knows its canvas; one of a page has none.
  const element = Object.assign(createCanvas(width, height), { style: {}, getContext: () => ctx });
  Object.defineProperty(ctx, 'canvas', { value: element });
  const chart = new (chartClass())(element as unknown as HTMLCanvasElement, prepared(drawing, theme));
  chart.destroy();
  made.endPage();
  return made.close();
}

/** A figure as SVG in both themes, and where it shows what. */
export interface DrawnFigure extends InThemes {
  readonly width: number;
  readonly height: number;
  readonly spots: readonly Spot[];
}

/** A figure in both themes, drawn once. */
export function drawInThemes(figure: Figure, layout: Layout): DrawnFigure {
  const { theme, coloured } = codedTheme();
  const drawing = figure.draw(theme, layout);
  const { svg, spots } = svgWithSpots(drawing, theme);
  return { ...coloured(svg), width: drawing.width, height: drawing.height, spots };
}

function svgWithSpots(drawing: Drawing, theme: Theme): { readonly svg: string; readonly spots: readonly Spot[] } {
  const canvas = svgCanvas(drawing.width, drawing.height);
  const chart = new (chartClass())(canvas.element, prepared(drawing, theme));
  const spots = drawing.spots?.(chart) ?? [];
  const svg = canvas.content();
  chart.destroy();
  return { svg, spots };
}

function prepared(drawing: Drawing, theme: Theme): ChartConfiguration {
  const config = drawing.config();
  config.options = {
    ...config.options,
    animation: false,
    responsive: false,
    devicePixelRatio: 1,
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

/** Chart.js with its plug-ins as chartjs-node-canvas sets it up, once: each is a copy of Chart.js. */
function chartClass(): typeof Chart {
  if (readyClass) return readyClass;
  registerFonts();
  const { ChartJSNodeCanvas } = require('chartjs-node-canvas') as typeof import('chartjs-node-canvas');
  new ChartJSNodeCanvas({
    width: 1,
    height: 1,
    plugins: { modern: ['chartjs-chart-error-bars', 'chartjs-plugin-annotation'] },
    chartCallback: (chart) => {
      chart.defaults.font.family = fontFamily;
      readyClass = chart as unknown as typeof Chart;
    },
  });
  return readyClass as unknown as typeof Chart;
}

let readyClass: typeof Chart | null = null;

const require = createRequire(import.meta.url);
