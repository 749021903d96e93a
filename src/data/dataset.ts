/** A set of pictures that can be read by index, in any order, by any number of readers. */
export interface Dataset {
  readonly name: string;
  readonly split: 'train' | 'test';
  readonly classes: readonly string[];
  readonly length: number;
  /** Native size, or null where pictures differ. */
  readonly size: { readonly height: number; readonly width: number; readonly channels: number } | null;
  readonly mean: readonly [number, number, number];
  readonly sd: readonly [number, number, number];
  label(index: number): number;
  /** Identifies the exact content (checksums of the files, limits), for records and hashes. */
  readonly fingerprint: string;
  /** Decoded RGB, uint8, `[height, width, 3]`. Grey pictures are repeated over three channels. */
  picture(index: number): Picture | Promise<Picture>;
}

export interface Picture {
  readonly height: number;
  readonly width: number;
  /** Interleaved RGB, row by row; length height * width * 3. */
  readonly pixels: Uint8Array;
}

/** One step's input, normalised, ready for an engine. */
export interface Batch {
  readonly size: number;
  /** `[size, resolution, resolution, 3]`, row-major. Not reused by the pipeline once handed out. */
  readonly images: Float32Array;
  /** `[size, classes]`, soft when smoothed or mixed. */
  readonly targets: Float32Array;
  /** Labels before mixing. */
  readonly labels: Int32Array;
}
