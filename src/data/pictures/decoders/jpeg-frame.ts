/** A picture's size as its header says it. */
export interface PictureSize {
  readonly height: number;
  readonly width: number;
}

/** The size of a JPEG of three channels, from its frame header; null for anything else, which then is decoded whole. */
export function jpegSize(bytes: Uint8Array): PictureSize | null {
  const frame = jpegFrame(bytes);
  if (frame?.channels !== 3 || frame.height === 0 || frame.width === 0) return null;
  return { height: frame.height, width: frame.width };
}

/** What a JPEG's frame header says; null where there is none. */
export function jpegFrame(bytes: Uint8Array): (PictureSize & { readonly channels: number }) | null {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return null;
  const short = (at: number) => ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  for (let at = 2; at + 9 < bytes.length; ) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1] as number;
    // Fill bytes may stand before a marker.
    if (marker === 0xff) at++;
    else if (isFrame(marker)) return { height: short(at + 5), width: short(at + 7), channels: bytes[at + 9] as number };
    else at += 2 + short(at + 2);
  }
  return null;
}

/** Start of frame, of any coding; C4, C8 and CC among them mean something else. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
