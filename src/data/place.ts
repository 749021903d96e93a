import type { Picture } from './dataset.js';
import { DataError } from './error.js';

/** Channel means and standard deviations, as shares of white. */
export interface Normalisation {
  readonly mean: readonly [number, number, number];
  readonly sd: readonly [number, number, number];
}

/** Where a picture lands in its square of the batch: moved by whole pixels, mirrored or not; what it does not cover is black. */
export interface Placement {
  readonly top: number;
  readonly left: number;
  readonly flip: boolean;
}

/** The middle of the square: small pictures get an equal black border, larger ones lose an equal one. */
export function centred({ height, width }: Picture, resolution: number): Placement {
  return { top: Math.floor((resolution - height) / 2), left: Math.floor((resolution - width) / 2), flip: false };
}

/** Writes a picture into `[resolution, resolution, 3]` at `offset`, normalised. */
export function placePicture(
  picture: Picture,
  { top, left, flip }: Placement,
  resolution: number,
  { mean, sd }: Normalisation,
  into: Float32Array,
  offset: number,
): void {
  const scale = sd.map((value) => 1 / (255 * value));
  const shift = mean.map((value, channel) => -value / (sd[channel] as number));
  const [red, green, blue] = scale as [number, number, number];
  const [redShift, greenShift, blueShift] = shift as [number, number, number];
  const { height, width, pixels } = picture;
  for (let row = 0, to = offset; row < resolution; row++) {
    const from = row - top;
    const inside = from >= 0 && from < height;
    for (let column = 0; column < resolution; column++, to += 3) {
      const across = (flip ? resolution - 1 - column : column) - left;
      if (inside && across >= 0 && across < width) {
        const at = (from * width + across) * 3;
        into[to] = (pixels[at] as number) * red + redShift;
        into[to + 1] = (pixels[at + 1] as number) * green + greenShift;
        into[to + 2] = (pixels[at + 2] as number) * blue + blueShift;
      } else {
        into[to] = redShift;
        into[to + 1] = greenShift;
        into[to + 2] = blueShift;
      }
    }
  }
}

/** Refuses pictures that would be mostly border or lose most of themselves: those want resizing. */
export function checkFits(
  name: string,
  { height, width }: { height: number; width: number },
  resolution: number,
): void {
  const most = 8;
  if (Math.abs(resolution - height) <= most && Math.abs(resolution - width) <= most) return;
  throw new DataError(
    `${name}'s pictures are ${height}x${width}; at resolution ${resolution} they would have to be resized.\nNext: set network.scale.resolution to ${Math.ceil(height / 8) * 8}`,
  );
}
