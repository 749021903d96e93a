import type { Picture } from '../../dataset.js';
import { checkSize } from './pixel-limit.js';

/**
 * The first frame of a GIF (version 89a), as Pillow converts it to RGB: a transparent colour keeps its colour, which
 * libvips makes black, and what a small frame leaves free of the screen is the transparent colour, else the first one.
 * Throws a plain error for damaged bytes.
 */
export function decodeGif(bytes: Uint8Array): Picture {
  const reader = readerOf(bytes);
  reader.skip(6);
  let width = reader.short();
  let height = reader.short();
  const flags = reader.byte();
  reader.skip(2);
  const globalPalette = flags & 0x80 ? paletteOf(reader, flags) : null;
  let transparent: number | null = null;
  for (;;) {
    const kind = reader.byte();
    if (kind === 0x2c) break;
    if (kind === 0x3b) throw new Error('a GIF without a picture');
    if (kind !== 0x21) throw new Error(`damaged GIF: no block begins with 0x${kind.toString(16)}`);
    const label = reader.byte();
    const block = reader.blocks();
    if (label === 0xf9 && block.length >= 4) transparent = (block[0] as number) & 1 ? (block[3] as number) : null;
  }
  const [left, top, columns, rows] = [reader.short(), reader.short(), reader.short(), reader.short()];
  // A frame that reaches out of the screen makes it larger.
  width = Math.max(width, left + columns);
  height = Math.max(height, top + rows);
  checkSize(width, height);
  checkSize(columns, rows);
  const frameFlags = reader.byte();
  const palette = (frameFlags & 0x80 ? paletteOf(reader, frameFlags) : null) ?? globalPalette ?? greys();
  const codeSize = reader.byte();
  const indices = unpack(reader.blocks(), codeSize, columns * rows);

  const pixels = new Uint8Array(width * height * 3);
  const free = 3 * (transparent ?? 0);
  if (columns < width || rows < height) {
    for (let to = 0; to < pixels.length; to += 3) pixels.set(palette.subarray(free, free + 3), to);
  }
  const order = frameFlags & 0x40 ? interlaced(rows) : null;
  for (let line = 0, from = 0; line < rows; line++) {
    const row = top + (order ? (order[line] as number) : line);
    for (let column = 0, to = (row * width + left) * 3; column < columns; column++, from++, to += 3) {
      const colour = 3 * (indices[from] as number);
      pixels[to] = palette[colour] as number;
      pixels[to + 1] = palette[colour + 1] as number;
      pixels[to + 2] = palette[colour + 2] as number;
    }
  }
  return { height, width, pixels };
}

function readerOf(bytes: Uint8Array) {
  let at = 0;
  const need = (length: number): void => {
    if (at + length > bytes.length) throw new Error('cut off');
  };
  const byte = (): number => {
    need(1);
    return bytes[at++] as number;
  };
  const take = (length: number): Uint8Array => {
    need(length);
    at += length;
    return bytes.subarray(at - length, at);
  };
  return {
    byte,
    take,
    short: () => byte() | (byte() << 8),
    skip: (length: number): void => void take(length),
    /** Blocks of up to 255 bytes, up to an empty one, as one. */
    blocks(): Uint8Array {
      const parts: Uint8Array[] = [];
      for (let length = byte(); length > 0; length = byte()) parts.push(take(length));
      return Buffer.concat(parts);
    },
  };
}

/** A table of 256 colours whose end, where the file has fewer, is Pillow's: greys. */
function greys(): Uint8Array {
  return Uint8Array.from({ length: 768 }, (_, at) => Math.floor(at / 3));
}

function paletteOf(reader: ReturnType<typeof readerOf>, flags: number): Uint8Array {
  const palette = greys();
  palette.set(reader.take(3 * 2 ** ((flags & 7) + 1)));
  return palette;
}

/** The rows in the order that an interlaced frame has them. */
function interlaced(rows: number): number[] {
  const passes = [
    [0, 8],
    [4, 8],
    [2, 4],
    [1, 2],
  ] as const;
  return passes.flatMap(([first, step]) =>
    Array.from({ length: Math.max(0, Math.ceil((rows - first) / step)) }, (_, at) => first + at * step),
  );
}

const mostCodes = 4096;

/** GIF's LZW: codes of a growing number of bits, lowest first. Throws where it ends before `length` indices. */
function unpack(data: Uint8Array, codeSize: number, length: number): Uint8Array {
  if (codeSize < 1 || codeSize > 8) throw new Error(`damaged GIF: codes of ${codeSize} bits`);
  const clear = 1 << codeSize;
  const end = clear + 1;
  const prefix = new Uint16Array(mostCodes);
  const last = new Uint8Array(mostCodes);
  const lengths = new Uint16Array(mostCodes);
  for (let code = 0; code < clear; code++) {
    last[code] = code;
    lengths[code] = 1;
  }
  const out = new Uint8Array(length);
  let [next, bits, before, written] = [end + 1, codeSize + 1, -1, 0];
  let [held, heldBits] = [0, 0];
  for (const byte of data) {
    held |= byte << heldBits;
    heldBits += 8;
    while (heldBits >= bits) {
      const code = held & ((1 << bits) - 1);
      held >>>= bits;
      heldBits -= bits;
      if (code === clear) {
        [next, bits, before] = [end + 1, codeSize + 1, -1];
        continue;
      }
      if (code === end) return whole();
      // A code that is about to be made repeats its own first index at its end.
      const isNext = code === next && before >= 0;
      if (code > next || (code === next && !isNext) || code === end)
        throw new Error('damaged GIF: a code that is not there');
      const source = isNext ? before : code;
      const count = (lengths[source] as number) + (isNext ? 1 : 0);
      const first = write(source, count);
      if (isNext && written < length) out[written + count - 1] = first;
      written += count;
      if (before >= 0 && next < mostCodes) {
        prefix[next] = before;
        last[next] = first;
        lengths[next] = (lengths[before] as number) + 1;
        next++;
        if (next === 1 << bits && bits < 12) bits++;
      }
      before = code;
      if (written >= length) return out;
    }
  }
  return whole();

  /** Writes a code's indices from their last to their first, which it gives. What goes beyond the picture is lost. */
  function write(source: number, count: number): number {
    let code = source;
    for (let to = written + (lengths[source] as number) - 1; ; to--) {
      out[to] = last[code] as number;
      if (to === written || count === 0) return last[code] as number;
      code = prefix[code] as number;
    }
  }

  function whole(): Uint8Array {
    if (written < length) throw new Error(`cut off: ${written} of ${length} pixels`);
    return out;
  }
}
