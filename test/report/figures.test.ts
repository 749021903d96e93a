/**
 * Pictures against stored ones. After a wanted change: `UPDATE_PICTURES=1 npx vitest run test/report/figures`, look at
 * test/fixtures/report/*.png, and commit them.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { figuresOf } from '../../src/report/figures/figures.js';
import { drawPng } from '../../src/report/figures/png.js';
import { drawInThemes, drawSvg, type Figure, type Layout } from '../../src/report/figures/render.js';
import { dark, light, type Theme } from '../../src/report/figures/theme.js';
import { readSuite } from '../../src/report/read.js';
import { study } from '../../src/report/study.js';
import { everyOrder, grid, orders } from './arranged.js';
import { paperLike, type SyntheticVariant, writeSynthetic } from './synthetic.js';

let figures: Map<string, Figure>;
let permuted: Map<string, Figure>;
let arranged: Map<string, Figure>;
const named = (all: readonly Figure[]) => new Map(all.map((figure) => [figure.name, figure]));

beforeAll(async () => {
  const partial = paperLike().map((variant, at) => {
    if (at === 5) return { ...variant, top1: ['loss is NaN at step 312', 'out of memory', null] };
    return at === 15 ? { ...variant, top1: [] } : variant;
  });
  figures = named(figuresOf(study(readSuite(await writeSynthetic({ suite: 'made-up-road', variants: partial })))));
  const of = async (synthetic: Parameters<typeof writeSynthetic>[0]) =>
    figuresOf(study(readSuite(await writeSynthetic(synthetic))));
  arranged = named([...(await of(orders(everyOrder))), ...(await of(grid)).filter(({ name }) => name === 'grid')]);
  permuted = named(
    figuresOf(
      study(readSuite(await writeSynthetic({ suite: 'made-up', strategy: 'permutations', variants: combinations() }))),
    ),
  );
});

function combinations(): SyntheticVariant[] {
  const worth: Record<string, number> = { a: 1, b: -0.5, c: 0.7 };
  return [0, 1, 2, 3, 4, 5, 6, 7].map((mask): SyntheticVariant => {
    const steps = ['a', 'b', 'c'].filter((_, bit) => (mask >> bit) & 1);
    const mean = 70 + steps.reduce((sum, step) => sum + (worth[step] ?? 0), 0) + (mask >= 5 ? 1 : 0);
    const kind = mask === 0 ? 'base' : 'step';
    return {
      name: steps.join('+') || 'resnet-50',
      steps,
      kind,
      parent: steps.length > 1 ? steps.slice(0, -1).join('+') : 'resnet-50',
      top1: [mean, mean + 0.2, mean - 0.1],
    };
  });
}

async function pixels(png: Buffer): Promise<{ data: Buffer; width: number; height: number }> {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** Share of pixels that differ by more than anti-aliasing. */
async function difference(a: Buffer, b: Buffer): Promise<number> {
  const [left, right] = [await pixels(a), await pixels(b)];
  expect([left.width, left.height]).toEqual([right.width, right.height]);
  let far = 0;
  for (let at = 0; at < left.data.length; at++)
    if (Math.abs((left.data[at] as number) - (right.data[at] as number)) > 40) far++;
  return far / left.data.length;
}

describe('pictures equal the stored ones', () => {
  const pictures: [name: string, theme: Theme, layout: Layout, from: () => Map<string, Figure>][] = [
    ['roadmap', light, 'wide', () => figures],
    ['roadmap', dark, 'narrow', () => figures],
    ['deltas', light, 'wide', () => figures],
    ['accuracy-flops', light, 'narrow', () => figures],
    ['accuracy-parameters', dark, 'wide', () => figures],
    ['accuracy-speed', light, 'wide', () => figures],
    ['accuracy-memory', light, 'narrow', () => figures],
    ['curves-accuracy', light, 'wide', () => figures],
    ['curves-loss', dark, 'narrow', () => figures],
    ['effects', light, 'wide', () => permuted],
    ['shapley', light, 'wide', () => arranged],
    ['interactions', dark, 'narrow', () => arranged],
    ['grid', light, 'wide', () => arranged],
  ];

  it.each(pictures)('%s', async (name, theme, layout, from) => {
    const figure = from().get(name) as Figure;
    const drawn = await drawPng(figure.draw(theme, layout), theme, 0.5);
    const folder = new URL('../fixtures/report/', import.meta.url);
    const file = new URL(`${name}-${theme.name}-${layout}.png`, folder);
    if (process.env.UPDATE_PICTURES) {
      if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
      await writeFile(file, await sharp(drawn).png({ palette: true, colours: 64 }).toBuffer());
    }
    expect(await difference(drawn, await readFile(file))).toBeLessThan(0.01);
  });
});

describe('drawn once for both themes, every figure is what drawing it in each gives', () => {
  it.each(['wide', 'narrow'] as const)('%s', (layout) => {
    const all = [figures, permuted, arranged].flatMap((some) => [...some.values()]);
    expect(all.length).toBeGreaterThan(10);
    for (const figure of all) {
      const inThemes = drawInThemes(figure, layout);
      expect(inThemes.light, figure.name).toBe(drawSvg(figure.draw(light, layout), light));
      expect(inThemes.dark, figure.name).toBe(drawSvg(figure.draw(dark, layout), dark));
    }
  });
});

describe('text', () => {
  it('really is drawn: dark pixels where labels, title and numbers stand', async () => {
    const drawing = (figures.get('roadmap') as Figure).draw(light, 'wide');
    const { data, width } = await pixels(await drawPng(drawing, light, 1));
    const ink = (left: number, top: number, right: number, bottom: number) => {
      let count = 0;
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++) if ((data[3 * (y * width + x)] as number) < 110) count++;
      return count;
    };
    expect(ink(20, 10, 400, 40)).toBeGreaterThan(500);
    expect(ink(110, 95, 262, 120)).toBeGreaterThan(80);
    expect(ink(900, 95, 1000, 120)).toBeGreaterThan(20);
    expect(ink(300, drawing.height - 24, 760, drawing.height - 2)).toBeGreaterThan(300);
  });

  it('is real text in SVG, in a font with fallbacks', () => {
    const svg = drawSvg((figures.get('roadmap') as Figure).draw(light, 'wide'), light);
    for (const words of [
      'Separate downsampling',
      'Large Kernel',
      'made-up-road: top-1 accuracy, step by step',
      'failed: loss is NaN at step 312',
      'not run yet',
      '−1.2',
      'Swin-T',
    ]) {
      expect(svg).toContain(words);
    }
    expect(svg).toMatch(/font-family="'DejaVu Sans Condensed', [^"]*sans-serif"/);
    expect(svg).toMatch(/viewBox="0 0 1040 \d+"/);
    expect(svg.length).toBeLessThan(120_000);
  });
});

describe('curves', () => {
  it('are drawn only where something was measured more than once', async () => {
    const records = readSuite(await writeSynthetic({ variants: paperLike() }));
    const cut = (keep: number) =>
      [...records.courses].map(
        ([name, course]) => [name, { ...course, accuracy: course.accuracy.slice(-keep) }] as const,
      );
    const names = (keep: number) =>
      figuresOf(study({ ...records, courses: new Map(cut(keep)) })).map(({ name }) => name);
    expect(names(1)).not.toContain('curves-accuracy');
    expect(names(1)).toContain('curves-loss');
    expect(names(2)).toContain('curves-accuracy');
  });
});

describe('drawing', () => {
  it('gives the same picture twice: Chart.js keeps nothing of the first', async () => {
    const figure = figures.get('accuracy-flops') as Figure;
    const drawing = figure.draw(light, 'wide');
    expect(await drawPng(drawing, light, 1)).toEqual(await drawPng(drawing, light, 1));
    expect(drawSvg(drawing, light)).toBe(drawSvg(figure.draw(light, 'wide'), light));
  });

  it('has numbers and words beside every picture', () => {
    for (const figure of [...figures.values(), ...permuted.values()]) {
      expect(figure.csv.split('\r\n').length, figure.name).toBeGreaterThan(3);
      expect(figure.alt.length, figure.name).toBeGreaterThan(60);
      expect(figure.alt.length, figure.name).toBeLessThan(800);
    }
  });

  it('marks an axis that does not start at 0', () => {
    const svg = drawSvg((figures.get('roadmap') as Figure).draw(light, 'wide'), light);
    expect(svg).toContain('bars start at 74, not at 0');
  });
});
