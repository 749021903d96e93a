/** Colours to RGB in Pillow's arithmetic. */

/** Each ink lets its share of the light through that black leaves. */
export function fromInks(data: Uint8Array, channels: number): Uint8Array {
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

/** Grey, the first of its channels, three times. */
export function threeChannels(data: Uint8Array, channels: number): Uint8Array {
  const pixels = new Uint8Array((data.length / channels) * 3);
  for (let from = 0, to = 0; from < data.length; from += channels, to += 3) {
    pixels.fill(data[from] as number, to, to + 3);
  }
  return pixels;
}

/** JFIF's factors in 64ths, as Pillow's tables have them. */
const share = (factor: number) =>
  Int32Array.from({ length: 256 }, (_, at) => Math.trunc(factor * 64 * (at - 128) + 0.5));
const [redOfCr, greenOfCb, greenOfCr, blueOfCb] = [share(1.402), share(-0.34414), share(-0.71414), share(1.772)];

export function fromYCbCr(data: Uint8Array): Uint8Array {
  const pixels = new Uint8ClampedArray(data.length);
  for (let at = 0; at < data.length; at += 3) {
    const [y, cb, cr] = [data[at] as number, data[at + 1] as number, data[at + 2] as number];
    pixels[at] = y + ((redOfCr?.[cr] as number) >> 6);
    pixels[at + 1] = y + (((greenOfCb?.[cb] as number) + (greenOfCr?.[cr] as number)) >> 6);
    pixels[at + 2] = y + ((blueOfCb?.[cb] as number) >> 6);
  }
  return new Uint8Array(pixels.buffer);
}
