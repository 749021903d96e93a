import { dirname, extname } from 'node:path';
import { writeWhole } from '../files/whole.js';
import { drawPng } from '../report/figures/png.js';
import { drawSvg, type Drawing, type Figure } from '../report/figures/render.js';
import { light } from '../report/figures/theme.js';
import { UsageError } from './errors.js';
import { makeFolder } from './make-folder.js';

/** How a picture is made in each kind of file that it can be. */
type PictureKinds = Partial<Record<'.svg' | '.png', () => Promise<string | Buffer> | string | Buffer>>;

/** Writes a picture in the kind that the file's name says. */
export async function writePicture(file: string, kinds: PictureKinds): Promise<void> {
  const draw = kinds[pictureEnding(file, Object.keys(kinds)) as keyof PictureKinds] as () => string | Buffer;
  const picture = await draw();
  await makeFolder(dirname(file));
  await writeWhole(file, picture);
}

/** A drawing as a picture file. */
export const writeDrawing = (file: string, drawing: Drawing): Promise<void> =>
  writePicture(file, { '.svg': () => drawSvg(drawing, light), '.png': () => drawPng(drawing, light) });

/** Draws a figure into an .svg or .png file, and its numbers into a .csv file beside it; gives both paths. */
export async function writeFigure(file: string, figure: Figure): Promise<string[]> {
  await writeDrawing(file, figure.draw(light, 'wide'));
  const numbers = `${file.slice(0, -extname(file).length)}.csv`;
  await writeWhole(numbers, figure.csv);
  return [file, numbers];
}

/** Throws a `UsageError` for a name that ends in no kind of picture: before what is to be drawn is measured. */
export function checkPictureFile(file: string, endings: readonly string[] = ['.svg', '.png']): void {
  pictureEnding(file, endings);
}

function pictureEnding(file: string, endings: readonly string[]): string {
  const ending = extname(file).toLowerCase();
  if (endings.includes(ending)) return ending;
  throw new UsageError(`a picture's name ends in ${endings.join(' or ')}, found "${file}"`);
}
