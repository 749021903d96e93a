/** Formats that are decoded, each told by its first bytes. */
export type PictureFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif' | 'bmp' | 'netpbm';

/** What a file begins with, `?` standing for any byte. */
const signatures: readonly (readonly [PictureFormat, ...string[]])[] = [
  ['jpeg', '\xff\xd8\xff'],
  ['png', '\x89PNG\r\n\x1a\n'],
  ['webp', 'RIFF????WEBP'],
  ['gif', 'GIF87a', 'GIF89a'],
  ['tiff', 'II*\0', 'MM\0*', 'II+\0', 'MM\0+'],
  ['bmp', 'BM'],
  [
    'netpbm',
    ...['P1', 'P2', 'P3', 'P4', 'P5', 'P6'].flatMap((kind) => [' ', '\t', '\n', '\r'].map((blank) => kind + blank)),
  ],
];

/** What else is found in files that are called pictures, in the reader's words. */
const others: readonly (readonly [string, ...string[]])[] = [
  ['a HEIC picture; convert it to JPEG or PNG', '????ftyphei', '????ftyphev', '????ftypmif1', '????ftypmsf1'],
  ['a JPEG 2000 picture; convert it to JPEG or PNG', '\0\0\0\x0cjP  ', '\xff\x4f\xff\x51'],
  ['a JPEG XL picture; convert it to JPEG or PNG', '\xff\x0a', '\0\0\0\x0cJXL '],
  ['a pointer of Git LFS; run `git lfs pull` where it came from', 'version https://git-lfs'],
  ['an icon (ICO)', '\0\0\x01\0'],
  ['a Photoshop file', '8BPS'],
  ['PostScript or PDF', '%!PS', '%PDF'],
  ['a QOI picture', 'qoif'],
  ['a DDS texture', 'DDS '],
  ['a float map (PFM)', 'Pf\n', 'PF\n'],
  ['an archive', 'PK\x03\x04', '\x1f\x8b'],
  ['zeros only', '\0'.repeat(64)],
];
const drawing = /^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?(<!DOCTYPE svg[^>]*>\s*)?<svg/is;
const page = /^\s*(<!DOCTYPE html|<html|<head|<body)/i;

/** Bytes that are looked at. */
const looked = 256;

export function formatOf(bytes: Uint8Array): PictureFormat | null {
  const start = startOf(bytes);
  if (isAvif(start)) return 'avif';
  return signatures.find(([, ...patterns]) => begins(start, patterns))?.[0] ?? null;
}

/** What bytes without a picture's signature are. */
export function whatElse(bytes: Uint8Array): string {
  const start = startOf(bytes);
  if (drawing.test(start)) return 'an SVG drawing; convert it to PNG';
  if (page.test(start)) return 'a web page, perhaps of an address that asked for a login';
  const known = others.find(([, ...patterns]) => begins(start, patterns))?.[0];
  const first = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return known ?? `no JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP or PPM: it begins with ${first}`;
}

/** Its brand, or one of those that it says it is compatible with. */
function isAvif(start: string): boolean {
  if (!start.startsWith('ftyp', 4)) return false;
  const end = start.charCodeAt(2) * 256 + start.charCodeAt(3);
  const brands = start.slice(8, Math.min(end, looked)).match(/.{4}/gs) ?? [];
  return brands.some((brand) => brand === 'avif' || brand === 'avis');
}

const begins = (start: string, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => [...pattern].every((byte, at) => byte === '?' || byte === start[at]));

const startOf = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, looked)).toString('latin1');
