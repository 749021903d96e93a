import { writeFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { drawPng, drawSvg, type Figure } from '../report/figures/render.js';
import { light } from '../report/figures/theme.js';
import { UsageError } from './errors.js';
import { makeFolder } from './make-folder.js';

/** Draws a figure into an .svg or .png file, and its numbers into a .csv file beside it; gives both paths. */
export async function writeFigure(file: string, figure: Figure): Promise<string[]> {
  checkFigureFile(file);
  const extension = extname(file);
  await makeFolder(dirname(file));
  const drawing = figure.draw(light, 'wide');
  await writeFile(file, extension === '.svg' ? drawSvg(drawing, light) : await drawPng(drawing, light));
  const numbers = `${file.slice(0, -extension.length)}.csv`;
  await writeFile(numbers, figure.csv);
  return [file, numbers];
}

/** Before what is to be drawn is measured. */
export function checkFigureFile(file: string): void {
  if (!['.svg', '.png'].includes(extname(file)))
    throw new UsageError(`a chart is an .svg or a .png file, found "${file}"`);
}
