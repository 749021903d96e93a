import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { writeWhole } from '../records/write.js';
import { drawPng, drawSvg } from './figures/render.js';
import { light } from './figures/theme.js';
import { htmlPage } from './html/page.js';
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
 */
export async function writeReport(records: SuiteRecords, outFolder: string): Promise<WrittenReport> {
  const report = composeReport(records);
  await mkdir(outFolder, { recursive: true });
  const files: string[] = [];
  const write = async (name: string, content: string | Buffer) => {
    const file = join(outFolder, name);
    // Whole, so that a page that is open elsewhere is never half a page.
    await writeWhole(file, content);
    files.push(file);
  };
  const drawn = new Map(report.figures.map((figure) => [figure, drawSvg(figure.draw(light, 'wide'), light)]));
  await write('index.html', htmlPage(report, drawn));
  await write('report.md', markdownReport(report));
  await write('steps.csv', stepsCsv(report.study));
  await write('runs.csv', runsCsv(report.study));
  if (report.tables.factorial) await write('factorial.csv', factorialCsv(report.study));
  if (report.comparison) await write('paper.csv', paperCsv(report.comparison));
  for (const figure of report.figures) {
    await write(`${figure.name}.png`, await smallPng(await drawPng(figure.draw(light, 'wide'), light)));
    await write(`${figure.name}.svg`, drawn.get(figure) as string);
    await write(`${figure.name}.csv`, figure.csv);
  }
  return { report, files };
}

/** A third of the size, which counts where reports are committed: charts have few colours, so little effort finds them. */
const smallPng = async (png: Buffer): Promise<Buffer> =>
  await sharp(png).png({ palette: true, quality: 100, dither: 0, effort: 1 }).toBuffer();
