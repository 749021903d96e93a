import type { Colour } from './augment/affine.js';

/** Channel means and standard deviations, as shares of white. */
export interface Normalisation {
  readonly mean: readonly [number, number, number];
  readonly sd: readonly [number, number, number];
}

/** What bytes become, a table a channel. */
export function normalisationTables({ mean, sd }: Normalisation): readonly [Float32Array, Float32Array, Float32Array] {
  const table = (channel: 0 | 1 | 2) =>
    new Float32Array(256).map((_, byte) => (byte / 255 - mean[channel]) / sd[channel]);
  return [table(0), table(1), table(2)];
}

/** Writes RGB bytes from `start` to `end` as normalised values at the same places. */
export function normalise(
  bytes: Uint8Array,
  [red, green, blue]: readonly [Float32Array, Float32Array, Float32Array],
  into: Float32Array,
  start: number,
  end: number,
): void {
  for (let at = start; at < end; at += 3) {
    into[at] = red[bytes[at] as number] as number;
    into[at + 1] = green[bytes[at + 1] as number] as number;
    into[at + 2] = blue[bytes[at + 2] as number] as number;
  }
}

/** The mean colour in bytes, which fills what geometric operations uncover. */
export function meanColour({ mean }: Normalisation): Colour {
  const byte = (channel: 0 | 1 | 2) => Math.min(255, Math.round(255 * mean[channel]));
  return [byte(0), byte(1), byte(2)];
}
