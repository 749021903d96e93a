/** What the first page of a TIFF says about itself; 0 where it does not. */
export interface TiffTags {
  readonly compression: number;
  readonly photometric: number;
  readonly orientation: number;
  /** Of a picture of one channel: bits a pixel, and 1 or 2 for whole numbers, 3 for floating-point ones. */
  readonly greyBits: number;
  readonly sampleFormat: number;
  /** Across and down, of a chroma pixel in pixels; [2, 2] where it does not say so. */
  readonly subsampling: readonly [number, number];
}

export const photometrics = { ycbcr: 6, lab: 8, iccLab: 9, ituLab: 10 };
export const compressions = { none: 1, oldJpeg: 6, jpeg: 7 };
const numbers = {
  bits: 258,
  compression: 259,
  photometric: 262,
  orientation: 274,
  sampleFormat: 339,
  subsampling: 530,
};
const mostTags = 4096;

/** Reads the tags that are needed, of small and big TIFFs; what lies out of the file counts as not there. */
export function readTiffTags(bytes: Uint8Array): TiffTags {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = bytes[0] === 0x49;
  const short = (at: number): number => (at + 2 <= bytes.length ? view.getUint16(at, little) : 0);
  const long = (at: number): number => (at + 4 <= bytes.length ? view.getUint32(at, little) : 0);
  const place = (at: number): number =>
    at + 8 <= bytes.length ? Number(view.getBigUint64(at, little)) : Number.POSITIVE_INFINITY;
  const isBig = short(2) === 43;
  const found = new Map<number, [number, number]>();
  const start = isBig ? place(8) : long(4);
  const count = Math.min(mostTags, isBig ? place(start) : short(start));
  const [first, size, value] = isBig ? [start + 8, 20, 12] : [start + 2, 12, 8];
  for (let at = first, tag = 0; tag < count && at + size <= bytes.length; tag++, at += size) {
    // All that are wanted are short; up to two of them stand in the tag itself.
    const values = isBig ? place(at + 4) : long(at + 4);
    if (values <= 2) found.set(short(at), [short(at + value), short(at + value + 2)]);
  }
  const one = (tag: number): number => found.get(tag)?.[0] ?? 0;
  return {
    greyBits: one(numbers.bits),
    sampleFormat: one(numbers.sampleFormat) || 1,
    compression: one(numbers.compression),
    photometric: one(numbers.photometric),
    orientation: one(numbers.orientation),
    subsampling: found.get(numbers.subsampling) ?? [2, 2],
  };
}
