import type { Region } from './pictures/augment/resize.js';
import type { Remark } from './remarks.js';
import type { UnreadablePlace } from './unreadable.js';

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
  /** All files that its pictures and labels come from, where they were read whole; left out where they are too many. */
  readonly files?: readonly string[];
  /** What was left out or chosen when it was listed. */
  readonly remarks: readonly Remark[];
  /** Decoded RGB, uint8, `[height, width, 3]`. Grey pictures are repeated over three channels. */
  picture(index: number): Picture | Promise<Picture>;
  /** Where other threads find the same pictures; left out where only this one can make them. */
  readonly source?: PictureSource;
}

/** Pictures as plain data that a thread can be given without a copy: every array lies in shared memory. */
export type PictureSource = MemorySource | FileSource;

/** A small set, decoded. */
export interface MemorySource {
  readonly kind: 'memory';
  /** Picture after picture, row by row, channels interleaved. */
  readonly pixels: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** Which of them each index means; null is all in order. */
  readonly indices: Uint32Array | null;
}

/** Encoded pictures, each a stretch of a file or a file of its own. An entry a picture. */
export interface FileSource {
  readonly kind: 'files';
  /** The folder that every path begins at. */
  readonly root: string;
  readonly paths: PathList;
  /** Which of the paths. */
  readonly file: Uint32Array;
  /** Where the picture begins, in bytes, and how many it has. */
  readonly offset: Float64Array;
  readonly bytes: Float64Array;
}

/** Many strings in one shared array, so that a million paths cost their bytes and no more. */
export interface PathList {
  readonly text: Uint8Array;
  /** Where each begins; one more at the end. */
  readonly starts: Float64Array;
}

export interface Picture {
  readonly height: number;
  readonly width: number;
  /** Interleaved RGB, row by row; length height * width * 3. */
  readonly pixels: Uint8Array;
}

/** A picture whose size is known before it is decoded, so that a part can be decoded alone. */
export interface EncodedPicture {
  readonly height: number;
  readonly width: number;
  decode(region?: Region): Promise<Picture>;
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
  /** Places that hold no picture but the mean colour, since theirs could not be read; left out by batches that are no pictures. */
  readonly unreadable?: readonly UnreadablePlace[];
}
