import { grouped } from '../../../words/counted.js';
import { DataError } from '../../error.js';

/** Pixels above which Pillow warns of a decompression bomb. */
const usual = 89_478_485;

/** Pixels that a picture may have, from `ABLATE_MAX_PIXELS`: small files may unpack to gigabytes. */
export function pixelLimit(): number {
  const text = process.env.ABLATE_MAX_PIXELS;
  if (text === undefined || text === '') return usual;
  const limit = Number(text);
  if (Number.isSafeInteger(limit) && limit > 0) return limit;
  throw new DataError(`ABLATE_MAX_PIXELS is "${text}", expected a number of pixels such as ${usual}`);
}

/** Throws a plain error, for decoders, where a picture has no pixels or more than the limit. */
export function checkSize(width: number, height: number): void {
  if (!(width > 0 && height > 0)) throw new Error(`it is ${width}x${height} pixels`);
  if (width * height > pixelLimit()) throw new Error(tooLarge(width, height));
}

export function tooLarge(width: number, height: number): string {
  return `${width}x${height} are ${grouped(width * height)} pixels, more than the limit of ${grouped(pixelLimit())}; make it smaller, or raise ABLATE_MAX_PIXELS`;
}
