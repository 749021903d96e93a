import type { Picture } from '../../dataset.js';

/** Turns a picture as EXIF's Orientation (1 to 8) asks; other numbers leave it as it is. */
export function turn(picture: Picture, orientation: number): Picture {
  if (!(orientation >= 2 && orientation <= 8)) return picture;
  const { height, width, pixels } = picture;
  const swapped = orientation >= 5;
  const [rows, columns] = swapped ? [width, height] : [height, width];
  // Of the source: whether its columns, its rows run backwards.
  const mirrored = [2, 3, 7, 8].includes(orientation);
  const upsideDown = [3, 4, 6, 7].includes(orientation);
  const turned = new Uint8Array(pixels.length);
  for (let row = 0, to = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, to += 3) {
      const [y, x] = swapped ? [column, row] : [row, column];
      const from = ((upsideDown ? height - 1 - y : y) * width + (mirrored ? width - 1 - x : x)) * 3;
      turned[to] = pixels[from] as number;
      turned[to + 1] = pixels[from + 1] as number;
      turned[to + 2] = pixels[from + 2] as number;
    }
  }
  return { height: rows, width: columns, pixels: turned };
}
