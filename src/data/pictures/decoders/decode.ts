import type Sharp from 'sharp';
import type { Sharp as Image } from 'sharp';
import type { Picture } from '../../dataset.js';
import { DataError } from '../../error.js';
import type { Region } from '../augment/resize.js';
import { plainAvif } from './avif.js';
import { decodeBmp } from './bmp.js';
import { fromInks, fromYCbCr, threeChannels } from './colours.js';
import { decodeGif } from './gif.js';
import { jpegFrame } from './jpeg-frame.js';
import { decodeNetpbm } from './netpbm.js';
import { checkSize, pixelLimit, tooLarge } from './pixel-limit.js';
import { formatOf, type PictureFormat, whatElse } from './signature.js';
import { compressions, photometrics, readTiffTags } from './tiff-tags.js';
import { turn } from './turn.js';

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

type Decode = (bytes: Uint8Array, region?: Region) => Picture | Promise<Picture>;

const decoders: Readonly<Record<PictureFormat, Decode>> = {
  jpeg(bytes, region) {
    const frame = jpegFrame(bytes);
    if (frame) checkSize(frame.width, frame.height);
    return frame?.channels === 4 ? bySharpInInks(bytes, region) : bySharp(bytes, region);
  },
  png: (bytes) => bySharp(bytes),
  webp: (bytes) => bySharp(bytes),
  gif: decodeGif,
  tiff: decodeTiff,
  avif: decodeAvif,
  bmp: decodeBmp,
  netpbm: decodeNetpbm,
};

/**
 * Decodes whatever the bytes are (JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP, PPM), whatever the file's ending says, into 8-bit
 * RGB as PIL's `convert('RGB')` would: CMYK, grey, palettes and 16 bits converted, transparency dropped, the first frame
 * of an animation, colour profiles not applied, Orientation applied in TIFFs only. Throws a `DataError` that names the
 * picture.
 *
 * @param region what is wanted of a JPEG; lines below are not decoded.
 */
export async function decodePicture(bytes: Uint8Array, name: string, region?: Region): Promise<Picture> {
  if (bytes.length === 0) throw new DataError(`${name}: the file is empty`);
  const format = formatOf(bytes);
  if (format === null) throw new DataError(`${name}: cannot be decoded: ${whatElse(bytes)}`);
  try {
    return await decoders[format](bytes, region);
  } catch (error) {
    throw new DataError(`${name}: cannot be decoded: ${await reason(error as Error, bytes)}`);
  }
}

async function open(bytes: Uint8Array): Promise<Image> {
  const sharp = await loadSharp();
  return sharp(bytes, { failOn: 'truncated', ignoreIcc: true, limitInputPixels: pixelLimit() });
}

async function bySharp(bytes: Uint8Array, region?: Region): Promise<Picture> {
  const image = await open(bytes);
  const part = (region ? image.extract(region) : image).toColourspace('srgb').removeAlpha();
  const { data, info } = await part.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const { height, width, channels } = info;
  return { height, width, pixels: channels === 3 ? data : threeChannels(data, channels) };
}

/** Cyan, magenta, yellow and black, which libvips would take through a printer's profile. */
async function bySharpInInks(bytes: Uint8Array, region?: Region): Promise<Picture> {
  const image = await open(bytes);
  const part = (region ? image.extract(region) : image).pipelineColourspace('cmyk').toColourspace('cmyk');
  const { data, info } = await part.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { height: info.height, width: info.width, pixels: fromInks(data, info.channels) };
}

async function decodeTiff(bytes: Uint8Array): Promise<Picture> {
  const { photometric, compression, orientation, subsampling, greyBits, sampleFormat } = readTiffTags(bytes);
  if ([photometrics.lab, photometrics.iccLab, photometrics.ituLab].includes(photometric)) {
    throw new Error('a TIFF in CIE Lab, which is not read; convert it to RGB');
  }
  if (greyBits === 32 && sampleFormat !== 3) {
    throw new Error('a TIFF of whole numbers of 32 bits, of which nobody knows what white is; convert it to 8 or 16');
  }
  const isYCbCr =
    photometric === photometrics.ycbcr && ![compressions.oldJpeg, compressions.jpeg].includes(compression);
  if (isYCbCr && (subsampling[0] !== 1 || subsampling[1] !== 1)) {
    throw new Error('a TIFF in YCbCr whose colours are subsampled without JPEG, which is not read; convert it to RGB');
  }
  const inInks = (await (await open(bytes)).metadata()).space === 'cmyk';
  const picture = await (inInks ? bySharpInInks(bytes) : bySharp(bytes));
  // libtiff itself turns what is compressed by JPEG into RGB.
  return turn(isYCbCr ? { ...picture, pixels: fromYCbCr(picture.pixels) } : picture, orientation);
}

async function decodeAvif(bytes: Uint8Array): Promise<Picture> {
  const { bytes: unturned, mirrored } = plainAvif(bytes);
  const picture = await bySharp(unturned);
  return mirrored === null ? picture : turn(picture, mirrored === 'across' ? 2 : 4);
}

/** libvips' first line, which may announce a next one that says nothing; its limit in our words. */
async function reason({ message }: Error, bytes: Uint8Array): Promise<string> {
  if (/exceeds pixel limit/.test(message)) {
    const sharp = await loadSharp();
    const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata();
    return tooLarge(width, height);
  }
  return (message.trim().split('\n')[0] ?? message).replace(/:$/, '');
}
