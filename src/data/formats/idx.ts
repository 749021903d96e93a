import { gunzipSync } from 'node:zlib';
import { DataError } from '../error.js';

/** Pictures or labels of an IDX file (MNIST's format): unsigned bytes with a shape. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

const UNSIGNED_BYTES = 0x08;

/**
 * Reads an IDX file of unsigned bytes, gzipped or not. Throws a `DataError` that names the file where the bytes are not
 * what the header promises.
 */
export function parseIdx(bytes: Uint8Array, file: string, rank: number): IdxArray {
  const data = unzip(bytes, file);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const header = 4 + 4 * rank;
  if (data.length < header)
    throw new DataError(`${file}: ${data.length} bytes are too few for an IDX header of ${header}`);
  const magic = view.getUint32(0);
  const expected = (UNSIGNED_BYTES << 8) | rank;
  if (magic !== expected) {
    throw new DataError(
      `${file}: not an IDX file of ${rank} axes: it starts with ${hex(magic)}, expected ${hex(expected)}`,
    );
  }
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const length = shape.reduce((product, side) => product * side, 1);
  if (data.length !== header + length) {
    const state = data.length < header + length ? 'truncated' : 'longer than its header says';
    throw new DataError(
      `${file}: ${state}: [${shape.join(', ')}] needs ${header + length} bytes, found ${data.length}`,
    );
  }
  return { shape, values: data.subarray(header) };
}

/** Bytes unzipped into one buffer, where a file says that it holds as many; it may lie. */
const mostAtOnce = 2 ** 28;

/** As gzip's last four bytes have it. */
const unzippedLength = (bytes: Uint8Array): number =>
  bytes.length < 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4).getUint32(0, true);

function unzip(bytes: Uint8Array, file: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { chunkSize: Math.min(mostAtOnce, Math.max(1024, unzippedLength(bytes) + 1)) });
  } catch (error) {
    throw new DataError(`${file}: damaged gzip data: ${(error as Error).message}`);
  }
}

const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;
