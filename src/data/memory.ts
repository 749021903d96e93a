import type { Dataset, MemorySource, Picture } from './dataset.js';
import { shared } from './picture-list.js';

interface InMemory extends Omit<Dataset, 'length' | 'label' | 'picture' | 'size' | 'source'> {
  readonly labels: Uint8Array;
  /** Picture after picture, row by row, channels interleaved. */
  readonly pixels: Uint8Array;
  readonly size: { readonly height: number; readonly width: number; readonly channels: 1 | 3 };
}

/** A small dataset, whole in memory, which threads can share. */
export function inMemory({ labels, pixels: given, size, ...about }: InMemory): Dataset {
  const { height, width, channels } = size;
  const area = height * width;
  const pixels = shared(Uint8Array, given);
  const source: MemorySource = { kind: 'memory', pixels, height, width, channels, indices: null };
  return {
    ...about,
    length: labels.length,
    size,
    source,
    label: (index) => labels[index] as number,
    picture(index): Picture {
      const own = pixels.subarray(index * area * channels, (index + 1) * area * channels);
      return { height, width, pixels: channels === 3 ? own : repeatGrey(own) };
    },
  };
}

function repeatGrey(grey: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(grey.length * 3);
  for (let at = 0, to = 0; at < grey.length; at++, to += 3) pixels.fill(grey[at] as number, to, to + 3);
  return pixels;
}
