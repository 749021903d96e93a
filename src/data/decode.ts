import type Sharp from 'sharp';
import type { Region } from './augment/resize.js';
import type { Picture } from './dataset.js';
import { DataError } from './error.js';

let loaded: Promise<typeof Sharp> | null = null;

/** Loaded when the first picture is decoded: most commands decode none. */
function loadSharp(): Promise<typeof Sharp> {
  loaded ??= import('sharp').then(({ default: sharp }) => {
    // One picture is read once: libvips' cache of operations would only grow. Threads are ours to share out.
    sharp.cache(false);
    sharp.concurrency(1);
    return sharp;
  });
  return loaded;
}

/**
 * Decodes whatever the bytes are (JPEG, PNG, WebP, GIF, TIFF, AVIF), whatever the file's ending says, into 8-bit RGB as
 * PIL's `convert('RGB')` would: CMYK, grey, palettes and 16 bits converted, transparency dropped, the first frame of an
 * animation, colour profiles and EXIF orientation not applied. Throws a `DataError` that names the picture.
 *
 * @param region what is wanted of it; lines below are not decoded.
 */
export async function decodePicture(bytes: Uint8Array, name: string, region?: Region): Promise<Picture> {
  if (bytes.length === 0) throw new DataError(`${name}: the file is empty`);
  const sharp = await loadSharp();
  try {
    const image = sharp(bytes, { failOn: 'truncated', ignoreIcc: true });
    const { data, info } = await (region ? image.extract(region) : image)
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { height, width, channels } = info;
    return { height, width, pixels: channels === 3 ? data : threeChannels(data, channels) };
  } catch (error) {
    throw new DataError(`${name}: cannot be decoded: ${reason(error as Error)}`);
  }
}

function threeChannels(data: Uint8Array, channels: number): Uint8Array {
  const pixels = new Uint8Array((data.length / channels) * 3);
  for (let from = 0, to = 0; from < data.length; from += channels, to += 3) {
    pixels.fill(data[from] as number, to, to + 3);
  }
  return pixels;
}

const reason = ({ message }: Error): string => message.trim().split('\n')[0] ?? message;
