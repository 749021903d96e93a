import type { Picture } from '../../dataset.js';
import type { Region } from './resize.js';

/** A region of a picture, copied. */
export function cutOut({ width, pixels }: Picture, region: Region): Picture {
  const line = region.width * 3;
  const cut = new Uint8Array(region.height * line);
  for (let row = 0; row < region.height; row++) {
    const from = ((region.top + row) * width + region.left) * 3;
    cut.set(pixels.subarray(from, from + line), row * line);
  }
  return { height: region.height, width: region.width, pixels: cut };
}
