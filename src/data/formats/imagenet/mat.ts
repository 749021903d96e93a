import { inflateSync } from 'node:zlib';

/** Reading the one thing that ImageNet keeps in a MATLAB 5 file: columns of an array of structures. */

const types = {
  int8: 1,
  uint8: 2,
  int16: 3,
  uint16: 4,
  int32: 5,
  uint32: 6,
  double: 9,
  matrix: 14,
  compressed: 15,
  utf8: 16,
};
const classOf = { struct: 2, char: 4 };

interface Element {
  readonly type: number;
  readonly data: Buffer;
}

/** Bytes that a variable may unpack to; ImageNet's has some hundred thousand. */
const mostUnpacked = 2 ** 28;

/**
 * The values of some fields of the first array of structures that has them in a MATLAB 5 file, a row a structure: numbers
 * and text. Null where the bytes are not such a file.
 */
export function readStructures(bytes: Uint8Array, fields: readonly string[]): (number | string)[][] | null {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < 136 || file.toString('latin1', 126, 128) !== 'IM') return null;
  for (const outer of elements(file.subarray(128))) {
    const isPacked = outer.type === types.compressed;
    const matrix = isPacked ? elements(inflateSync(outer.data, { maxOutputLength: mostUnpacked }))[0] : outer;
    const rows = matrix && rowsOf(matrix, fields);
    if (rows) return rows;
  }
  return null;
}

/** Null where a variable is no array of structures with these fields. */
function rowsOf(matrix: Element, fields: readonly string[]): (number | string)[][] | null {
  if (matrix.type !== types.matrix) return null;
  const [flags, , , nameLength, names, ...cells] = elements(matrix.data);
  if (!flags || !nameLength || !names || flags.data[0] !== classOf.struct) return null;
  const length = nameLength.data.readInt32LE(0);
  const known = Array.from({ length: names.data.length / length }, (_, at) =>
    names.data.toString('latin1', at * length, (at + 1) * length).replace(/\0.*$/s, ''),
  );
  const wanted = fields.map((field) => known.indexOf(field));
  if (wanted.includes(-1)) return null;
  const rows: (number | string)[][] = [];
  for (let start = 0; start + known.length <= cells.length; start += known.length) {
    rows.push(wanted.map((at) => contentOf(cells[start + at] as Element)));
  }
  return rows;
}

/** The elements that follow each other: type and length in 8 bytes, or in 4 with up to 4 bytes of data after them. */
function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const first = bytes.readUInt32LE(at);
    const short = first >>> 16;
    const type = short > 0 ? first & 0xffff : first;
    const length = short > 0 ? short : bytes.readUInt32LE(at + 4);
    const start = at + (short > 0 ? 4 : 8);
    found.push({ type, data: bytes.subarray(start, start + length) });
    // Compressed data alone is not filled up to whole eights.
    const end = type === types.compressed ? start + length : start + Math.ceil(length / 8) * 8;
    at = short > 0 ? at + 8 : end;
  }
  return found;
}

/** A matrix's first number, or its text. */
function contentOf({ data }: Element): number | string {
  const [flags, , , values] = elements(data);
  if (!flags || !values) return '';
  if (flags.data[0] === classOf.char) {
    return values.data.toString(values.type === types.uint16 ? 'utf16le' : 'utf8');
  }
  return values.data.length === 0 ? Number.NaN : numberIn(values);
}

function numberIn({ type, data }: Element): number {
  if (type === types.double) return data.readDoubleLE(0);
  if (type === types.int32) return data.readInt32LE(0);
  if (type === types.uint32) return data.readUInt32LE(0);
  if (type === types.int16) return data.readInt16LE(0);
  if (type === types.uint16) return data.readUInt16LE(0);
  return type === types.int8 ? data.readInt8(0) : data.readUInt8(0);
}
