import { createHash } from 'node:crypto';
import type { PathList } from '../dataset.js';
import type { Remark } from '../remarks.js';

/** Where the encoded pictures of a split are, and their labels: what is found out once and kept in the cache. */
export interface PictureList {
  readonly classes: readonly string[];
  readonly paths: PathList;
  /** For each picture: which path, where it begins there, how long it is, its class. */
  readonly file: Uint32Array;
  readonly offset: Float64Array;
  readonly bytes: Float64Array;
  readonly labels: Uint32Array;
  /** Of names, places, sizes, labels and, once it is kept, the content. */
  readonly digest: string;
  /** What was left out or chosen; no part of the digest. */
  readonly remarks: readonly Remark[];
}

/** One picture: a stretch of a file, whose path is relative to the dataset's root. */
export interface PlacedPicture {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
  readonly label: number;
}

/** Gathers pictures in their order. */
export function listPictures(
  classes: readonly string[],
  pictures: Iterable<PlacedPicture>,
  remarks: readonly Remark[] = [],
): PictureList {
  const hash = createHash('sha256').update(JSON.stringify(classes));
  const numbers = new Map<string, number>();
  const file: number[] = [];
  const offset: number[] = [];
  const bytes: number[] = [];
  const labels: number[] = [];
  for (const picture of pictures) {
    let number = numbers.get(picture.path);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(picture.path, number);
    }
    file.push(number);
    offset.push(picture.offset);
    bytes.push(picture.bytes);
    labels.push(picture.label);
    hash.update(`${picture.path}\0${picture.offset}\0${picture.bytes}\0${picture.label}\n`);
  }
  return {
    classes,
    paths: packPaths([...numbers.keys()]),
    file: shared(Uint32Array, file),
    offset: shared(Float64Array, offset),
    bytes: shared(Float64Array, bytes),
    labels: shared(Uint32Array, labels),
    digest: hash.digest('hex').slice(0, 16),
    remarks,
  };
}

/** A path of a list. */
export function pathAt({ text, starts }: PathList, number: number): string {
  return new TextDecoder().decode(text.slice(starts[number], starts[number + 1]));
}

function packPaths(paths: readonly string[]): PathList {
  const encoded = paths.map((path) => Buffer.from(path, 'utf8'));
  const starts = new Array<number>(paths.length + 1).fill(0);
  for (const [at, { length }] of encoded.entries()) starts[at + 1] = (starts[at] as number) + length;
  const text = new Uint8Array(new SharedArrayBuffer(starts[paths.length] as number));
  for (const [at, path] of encoded.entries()) text.set(path, starts[at]);
  return { text, starts: shared(Float64Array, starts) };
}

interface Numbers<T> {
  new (buffer: SharedArrayBuffer): T;
  readonly BYTES_PER_ELEMENT: number;
}

/** Numbers in memory that threads can be given without a copy. */
export function shared<T extends { set(values: ArrayLike<number>): void }>(
  kind: Numbers<T>,
  values: ArrayLike<number>,
): T {
  const array = new kind(new SharedArrayBuffer(values.length * kind.BYTES_PER_ELEMENT));
  array.set(values);
  return array;
}
