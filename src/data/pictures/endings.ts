/** Endings of the formats that are decoded, the usual one first; what is really in a file is seen when it is decoded. */
const decoded = [
  'jpg',
  'jpeg',
  'png',
  'webp',
  'jpe',
  'jfif',
  'gif',
  'tif',
  'tiff',
  'avif',
  'bmp',
  'dib',
  'ppm',
  'pgm',
  'pbm',
  'pnm',
];
const others = [
  'heic',
  'heif',
  'jp2',
  'j2k',
  'jpx',
  'jxl',
  'ico',
  'tga',
  'pcx',
  'psd',
  'svg',
  'dng',
  'cr2',
  'nef',
  'arw',
  'exr',
  'hdr',
];

/** The first picture among names of fields, jpg before png before the rest, as timm and webdataset's `jpg;png` look. */
export const firstPicture = (endings: Iterable<string>): string | undefined => {
  const all = new Set(endings);
  return decoded.find((ending) => all.has(ending));
};

const endingOf = (name: string): string => name.slice(name.lastIndexOf('.') + 1).toLowerCase();

/** Whether a name is that of a picture which can be decoded. */
export const isPicture = (name: string): boolean => name.includes('.') && decoded.includes(endingOf(name));

/** Whether it is that of a picture of a format that is not read. */
export const isOtherPicture = (name: string): boolean => name.includes('.') && others.includes(endingOf(name));
