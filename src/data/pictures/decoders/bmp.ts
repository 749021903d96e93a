import type { Picture } from '../../dataset.js';
import { checkSize } from './pixel-limit.js';

/** Where colours stand in the bits of a pixel: masks of red, green and blue. */
type Masks = readonly [number, number, number];

const fifteenBits: Masks = [0x7c00, 0x3e0, 0x1f];
const bytesOf32: Masks = [0xff0000, 0xff00, 0xff];
const fileHeader = 14;
const coreHeader = 12;
const compressions = { none: 0, fields: 3, fieldsWithAlpha: 6 };

/**
 * A Windows bitmap, uncompressed, of 1, 4, 8, 16, 24 or 32 bits, as Pillow converts it to RGB: alpha dropped, fewer bits
 * stretched over 0 to 255. Throws a plain error for damaged bytes and for run-length coding.
 */
export function decodeBmp(bytes: Uint8Array): Picture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const need = (end: number): void => {
    if (end > bytes.length) throw new Error(`cut off: ${bytes.length} of ${end} bytes`);
  };
  need(fileHeader + 4);
  const start = view.getUint32(10, true);
  const header = view.getUint32(fileHeader, true);
  const isCore = header === coreHeader;
  if (!isCore && (header < 40 || header > 124)) throw new Error(`a BMP header of ${header} bytes`);
  need(fileHeader + header);
  const width = isCore ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = isCore ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(isCore ? 24 : 28, true);
  const compression = isCore ? 0 : view.getUint32(30, true);
  const height = Math.abs(signedHeight);
  checkSize(width, height);
  const isField = compression === compressions.fields || compression === compressions.fieldsWithAlpha;
  if (compression !== compressions.none && !isField) {
    throw new Error(`a BMP compressed in way ${compression} (run lengths are 1 and 2), which is not read`);
  }
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw new Error(`a BMP of ${bits} bits a pixel`);
  const afterHeader = fileHeader + header;
  if (isField) need(fileHeader + 40 + 12);
  const masks: Masks = isField
    ? [view.getUint32(54, true), view.getUint32(58, true), view.getUint32(62, true)]
    : bits === 16
      ? fifteenBits
      : bytesOf32;
  const line = Math.ceil((width * bits) / 32) * 4;
  need(start + line * (height - 1) + Math.ceil((width * bits) / 8));

  const colour = bits <= 8 ? fromPalette() : fromFields();
  const pixels = new Uint8Array(width * height * 3);
  for (let row = 0, to = 0; row < height; row++) {
    // From the lowest line up, unless the height is negative.
    const from = start + line * (signedHeight < 0 ? row : height - 1 - row);
    for (let column = 0; column < width; column++, to += 3) colour(from, column, to);
  }
  return { height, width, pixels };

  function fromPalette() {
    const entry = isCore ? 3 : 4;
    const stored = isCore ? 0 : view.getUint32(46, true);
    const colours = Math.min(stored || 2 ** bits, 2 ** bits);
    need(afterHeader + colours * entry);
    return (from: number, column: number, to: number): void => {
      const bit = column * bits;
      const index = ((bytes[from + (bit >> 3)] as number) >> (8 - bits - (bit & 7))) & (2 ** bits - 1);
      if (index >= colours) throw new Error(`damaged BMP: colour ${index} of ${colours}`);
      const at = afterHeader + index * entry;
      pixels[to] = bytes[at + 2] as number;
      pixels[to + 1] = bytes[at + 1] as number;
      pixels[to + 2] = bytes[at] as number;
    };
  }

  function fromFields() {
    const size = bits / 8;
    const fields = masks.map((mask) => {
      if (mask === 0) throw new Error('damaged BMP: a colour without bits');
      const shift = 31 - Math.clz32(mask & -mask);
      return { mask, shift, most: mask >>> shift };
    });
    return (from: number, column: number, to: number): void => {
      let value = 0;
      for (let byte = 0; byte < size; byte++) value |= (bytes[from + column * size + byte] as number) << (8 * byte);
      for (const [at, { mask, shift, most }] of fields.entries()) {
        pixels[to + at] = Math.floor((((value & mask) >>> shift) * 255) / most);
      }
    };
  }
}
