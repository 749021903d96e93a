import { createHash } from 'node:crypto';
import { DataError } from '../error.js';
import { gunzip, isGzip } from './gunzip.js';

/** Pictures or labels of an IDX file (MNIST's format): unsigned bytes with a shape. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
  /** Of the file's content, unzipped. */
  sha256(): string;
}

const UNSIGNED_BYTES = 0x08;

/**
 * Reads an IDX file of unsigned bytes, gzipped or not. Throws a `DataError` that names the file where the bytes are not
 * what the header promises.
 */
export function parseIdx(bytes: Uint8Array, file: string, rank: number): IdxArray {
  const data = isGzip(bytes) ? gunzip(bytes, file) : bytes;
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
  return { shape, values: data.subarray(header), sha256: () => createHash('sha256').update(data).digest('hex') };
}

const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;
