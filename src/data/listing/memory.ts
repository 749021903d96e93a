import type { Dataset, MemorySource, PictureSource } from '../dataset.js';
import { shared } from './picture-list.js';
import { pictureInMemory } from './source.js';

interface InMemory extends Omit<Dataset, 'length' | 'label' | 'picture' | 'size' | 'source'> {
  readonly labels: Uint8Array;
  /** Picture after picture, row by row, channels interleaved. */
  readonly pixels: Uint8Array;
  readonly size: { readonly height: number; readonly width: number; readonly channels: 1 | 3 };
}

/** A small dataset, whole in memory. */
export function inMemory({ labels, pixels, size, ...about }: InMemory): Dataset {
  const { height, width, channels } = size;
  const source: MemorySource = { kind: 'memory', pixels, height, width, channels, indices: null };
  return {
    ...about,
    length: labels.length,
    size,
    source,
    label: (index) => labels[index] as number,
    picture: (index) => pictureInMemory(source, index),
  };
}

const copies = new WeakMap<Uint8Array, Uint8Array>();

/** The same source, which threads can be given without a copy for each; its pixels are copied once for all. */
export function forThreads(source: PictureSource): PictureSource {
  if (source.kind !== 'memory' || source.pixels.buffer instanceof SharedArrayBuffer) return source;
  const pixels = copies.get(source.pixels) ?? shared(Uint8Array, source.pixels);
  copies.set(source.pixels, pixels);
  return { ...source, pixels };
}
