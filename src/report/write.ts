import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../files/whole.js';
import { startPngMaker } from './figures/png-maker.js';
import { type DrawnFigure, drawInThemes, drawPdf, type Figure } from './figures/render.js';
import { light } from './figures/theme.js';
import { htmlPage } from './html/page.js';
import { latexReport } from './latex.js';
import { markdownReport } from './markdown.js';
import type { SuiteRecords } from './read.js';
import { composeReport, type Report } from './report.js';
import { factorialCsv } from './tables/arrangement.js';
import { paperCsv } from './tables/paper.js';
import { runsCsv, stepsCsv } from './tables/steps.js';

export interface WrittenReport {
  readonly report: Report;
  /** Paths of everything written, the page first. */
  readonly files: readonly string[];
}

/**
 * Writes the report of a suite's records into `outFolder`: index.html, report.md, tables as CSV, every figure as PNG, SVG
 * and CSV.
 *
 * @param latex whether it is for a paper too: report.tex, and every figure as PDF
 */
export async function writeReport(
  records: SuiteRecords,
  outFolder: string,
  { latex = false }: { readonly latex?: boolean } = {},
): Promise<WrittenReport> {
  const report = composeReport(records);
  await mkdir(outFolder, { recursive: true });
  const write: Write = async (name, content) => {
    const file = join(outFolder, name);
    await writeWhole(file, content);
    return file;
  };
  const { drawn, pictures } = await writePictures(report.figures, latex, write);
  const pages = [
    await write('index.html', htmlPage(report, drawn)),
    await write('report.md', markdownReport(report)),
    ...(latex ? [await write('report.tex', latexReport(report))] : []),
    await write('steps.csv', stepsCsv(report.study)),
    await write('runs.csv', runsCsv(report.study)),
    ...(report.tables.factorial ? [await write('factorial.csv', factorialCsv(report.study))] : []),
    ...(report.comparison ? [await write('paper.csv', paperCsv(report.comparison))] : []),
  ];
  return { report, files: [...pages, ...pictures] };
}

/** Writes a file of the report and gives its path. */
type Write = (name: string, content: Parameters<typeof writeWhole>[1]) => Promise<string>;

async function writePictures(figures: readonly Figure[], latex: boolean, write: Write) {
  const drawn = new Map<Figure, DrawnFigure>();
  const pictures: string[] = [];
  const pngs = startPngMaker();
  try {
    for (const figure of figures) {
      const wide = drawInThemes(figure, 'wide');
      drawn.set(figure, wide);
      pictures.push(
        await write(`${figure.name}.png`, await pngs.make(wide.light)),
        await write(`${figure.name}.svg`, wide.light),
        await write(`${figure.name}.csv`, figure.csv),
        ...(latex ? [await write(`${figure.name}.pdf`, drawPdf(figure.draw(light, 'wide'), light))] : []),
      );
    }
  } finally {
    pngs.end();
  }
  return { drawn, pictures };
}
