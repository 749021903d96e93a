import type Sharp from 'sharp';
import type { Sharp as Image } from 'sharp';
import type { Region } from './augment/resize.js';
import type { Picture } from '../dataset.js';
import { DataError } from '../error.js';
import { jpegFrame } from './jpeg-frame.js';

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
    const inks = mayBeInks(bytes) && (await image.metadata()).space === 'cmyk';
    const part = region ? image.extract(region) : image;
    const { data, info } = await (inks ? part.pipelineColourspace('cmyk').toColourspace('cmyk') : inColours(part))
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { height, width, channels } = info;
    if (inks) return { height, width, pixels: fromInks(data, channels) };
    return { height, width, pixels: channels === 3 ? data : threeChannels(data, channels) };
  } catch (error) {
    throw new DataError(`${name}: cannot be decoded: ${reason(error as Error)}`);
  }
}

const inColours = (image: Image): Image => image.toColourspace('srgb').removeAlpha();

/** Whether it is a JPEG of four channels or a TIFF: no other format has cyan, magenta, yellow and black. */
function mayBeInks(bytes: Uint8Array): boolean {
  const start = String.fromCharCode(...bytes.subarray(0, 4));
  return start === 'II*\0' || start === 'MM\0*' || jpegFrame(bytes)?.channels === 4;
}

/** Each ink lets its share of the light through that black leaves, in Pillow's arithmetic; libvips would go through a printer's profile. */
function fromInks(data: Uint8Array, channels: number): Uint8Array {
  const pixels = new Uint8Array((data.length / channels) * 3);
  for (let from = 0, to = 0; from < data.length; from += channels) {
    const light = 255 - (data[from + 3] as number);
    for (let ink = from; ink < from + 3; ink++) {
      const product = (data[ink] as number) * light + 128;
      pixels[to++] = light - (((product >> 8) + product) >> 8);
    }
  }
  return pixels;
}

function threeChannels(data: Uint8Array, channels: number): Uint8Array {
  const pixels = new Uint8Array((data.length / channels) * 3);
  for (let from = 0, to = 0; from < data.length; from += channels, to += 3) {
    pixels.fill(data[from] as number, to, to + 3);
  }
  return pixels;
}

/** libvips' first line, which may announce a next one that says nothing. */
const reason = ({ message }: Error): string => (message.trim().split('\n')[0] ?? message).replace(/:$/, '');
