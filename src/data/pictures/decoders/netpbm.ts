import type { Picture } from '../../dataset.js';
import { checkSize } from './pixel-limit.js';

/**
 * Netpbm's pictures, P1 to P6: black and white, grey, colour, as text or bytes. Values are stretched over 0 to 255 as
 * Pillow does it; of 16 bits of grey the upper 8 are taken, as of all formats. Throws a plain error for damaged bytes.
 */
export function decodeNetpbm(bytes: Uint8Array): Picture {
  let at = 2;
  const kind = (bytes[1] as number) - 48;
  const isBits = kind === 1 || kind === 4;
  const isText = kind <= 3;
  const channels = kind === 3 || kind === 6 ? 3 : 1;
  const [width, height] = [number(), number()];
  checkSize(width, height);
  const most = isBits ? 1 : number();
  if (most < 1 || most > 65_535) throw new Error(`a largest value of ${most}`);
  // One blank ends the header.
  at++;
  const area = width * height;
  const values = isText ? textValues() : isBits ? bitValues() : byteValues();
  const level = isBits ? (value: number) => (value ? 0 : 255) : levels(most, channels);
  const pixels = new Uint8Array(area * 3);
  if (channels === 3) for (let to = 0; to < pixels.length; to++) pixels[to] = level(values[to] as number);
  else for (let from = 0, to = 0; from < area; from++, to += 3) pixels.fill(level(values[from] as number), to, to + 3);
  return { height, width, pixels };

  /** Skips blanks and comments, which go on to the end of a line. */
  function number(): number {
    for (;;) {
      const byte = bytes[at];
      if (byte === undefined) throw new Error('cut off in its header');
      if (byte === 35) {
        const end = bytes.indexOf(10, at);
        if (end < 0) throw new Error('cut off in its header');
        at = end;
      } else if (byte > 32) break;
      at++;
    }
    let value = 0;
    let digits = 0;
    for (let byte = bytes[at]; byte !== undefined && byte >= 48 && byte <= 57; byte = bytes[++at]) {
      value = value * 10 + byte - 48;
      if (++digits > 10) throw new Error('a number of more than ten digits');
    }
    if (digits === 0) throw new Error(`byte ${at} is no number`);
    return value;
  }

  function textValues(): Uint16Array {
    const count = area * channels;
    // Each takes a byte at least.
    if (bytes.length - at < count)
      throw new Error(`cut off: ${count} values in ${Math.max(0, bytes.length - at)} bytes`);
    at--;
    return new Uint16Array(count).map(() => {
      const value = isBits ? bit() : number();
      if (value > most) throw new Error(`the value ${value} of at most ${most}`);
      return value;
    });
  }

  /** Black and white may be written without blanks. */
  function bit(): number {
    while (at < bytes.length && (bytes[at] as number) <= 32) at++;
    return (bytes[at++] ?? 50) - 48;
  }

  function bitValues(): Uint8Array {
    const line = Math.ceil(width / 8);
    need(line * height);
    return new Uint8Array(area).map((_, place) => {
      const [row, column] = [Math.floor(place / width), place % width];
      return ((bytes[at + row * line + (column >> 3)] as number) >> (7 - (column & 7))) & 1;
    });
  }

  function byteValues(): Uint8Array | Uint16Array {
    const count = area * channels;
    need(most < 256 ? count : 2 * count);
    if (most < 256) return bytes.subarray(at, at + count);
    return new Uint16Array(count).map(
      (_, place) => ((bytes[at + 2 * place] as number) << 8) | (bytes[at + 2 * place + 1] as number),
    );
  }

  function need(length: number): void {
    if (at + length > bytes.length) throw new Error(`cut off: ${bytes.length - at} of ${length} bytes of pixels`);
  }
}

/** What a value becomes. Grey of more than 8 bits goes through 16. */
function levels(most: number, channels: 1 | 3): (value: number) => number {
  if (most === 255) return (value) => value;
  if (most > 255 && channels === 1) return (value) => halfToEven((Math.min(value, most) / most) * 65_535) >> 8;
  return (value) => halfToEven((Math.min(value, most) / most) * 255);
}

/** As Python rounds. */
function halfToEven(value: number): number {
  const down = Math.floor(value);
  const part = value - down;
  return part > 0.5 || (part === 0.5 && down % 2 === 1) ? down + 1 : down;
}
