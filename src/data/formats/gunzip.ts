import { gunzipSync } from 'node:zlib';
import { DataError } from '../error.js';

/** Bytes that a packed file may unpack to; the largest that is read, CIFAR-100's archive, has 180 million. */
const mostUnpacked = 2 ** 30;
/** Bytes unpacked into one buffer, where a file says that it holds as many; it may lie. */
const mostAtOnce = 2 ** 28;

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Throws a `DataError` that names the file where it is damaged or unpacks to more than a gibibyte. */
export function gunzip(bytes: Uint8Array, file: string): Uint8Array {
  const chunkSize = Math.min(mostAtOnce, 100 * bytes.length, Math.max(1024, unzippedLength(bytes) + 1));
  try {
    return gunzipSync(bytes, { chunkSize: Math.max(1024, chunkSize), maxOutputLength: mostUnpacked });
  } catch (error) {
    throw new DataError(`${file}: damaged gzip data: ${(error as Error).message}`);
  }
}

/** As gzip's last four bytes have it. */
const unzippedLength = (bytes: Uint8Array): number =>
  bytes.length < 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4).getUint32(0, true);
