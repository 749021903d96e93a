import type { Dataset, MemorySource } from './dataset.js';
import { shared } from './picture-list.js';
import { pictureInMemory } from './source.js';

interface InMemory extends Omit<Dataset, 'length' | 'label' | 'picture' | 'size' | 'source'> {
  readonly labels: Uint8Array;
  /** Picture after picture, row by row, channels interleaved. */
  readonly pixels: Uint8Array;
  readonly size: { readonly height: number; readonly width: number; readonly channels: 1 | 3 };
}

/** A small dataset, whole in memory, which threads can share. */
export function inMemory({ labels, pixels: given, size, ...about }: InMemory): Dataset {
  const { height, width, channels } = size;
  const pixels = shared(Uint8Array, given);
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
