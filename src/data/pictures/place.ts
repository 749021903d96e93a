import type { Picture } from '../dataset.js';

/** Where a picture lands in its square: moved by whole pixels, mirrored or not; what it does not cover is black. */
export interface Placement {
  readonly top: number;
  readonly left: number;
  readonly flip: boolean;
}

/** The middle of the square. */
export function centred({ height, width }: Picture, resolution: number): Placement {
  return { top: Math.floor((resolution - height) / 2), left: Math.floor((resolution - width) / 2), flip: false };
}

/** Writes a picture into `[resolution, resolution, 3]` at `offset`. */
export function placePicture(
  { height, width, pixels }: Picture,
  { top, left, flip }: Placement,
  resolution: number,
  into: Uint8Array,
  offset: number,
): void {
  const line = resolution * 3;
  const first = Math.max(0, left);
  const last = Math.min(resolution, left + width);
  for (let row = 0; row < resolution; row++) {
    const start = offset + row * line;
    const from = row - top;
    into.fill(0, start, start + line);
    if (from < 0 || from >= height || last <= first) continue;
    let at = (from * width + first - left) * 3;
    let to = start + (flip ? resolution - 1 - first : first) * 3;
    const step = flip ? -3 : 3;
    for (let column = first; column < last; column++, at += 3, to += step) {
      into[to] = pixels[at] as number;
      into[to + 1] = pixels[at + 1] as number;
      into[to + 2] = pixels[at + 2] as number;
    }
  }
}
