import { availableParallelism } from 'node:os';
import type { Dataset } from '../dataset.js';
import { forThreads } from '../listing/memory.js';
import { isHeavy, type Preparation } from '../pictures/prepare.js';
import type { Item } from './job.js';
import type { UnreadablePlace } from '../unreadable.js';
import { openPool } from './pool.js';
import { createItemPreparation } from './prepare-item.js';

/** Prepares the pictures of batches, here or in threads. */
export interface Preparer {
  readonly threads: number;
  /** Memory for a batch's pictures in bytes. */
  room(length: number): Uint8Array;
  prepare(items: readonly Item[], into: Uint8Array): Promise<readonly UnreadablePlace[]>;
  close(): Promise<void>;
}

const mostThreads = 8;

/** As many threads as there are cores, up to eight, where pictures are decoded or distorted; none where a crop and a flip are all. */
export const usualThreads = (preparation: Preparation, cores: number): number =>
  isHeavy(preparation) ? Math.min(mostThreads, cores) : 0;

/** @param threads how many; left out, as many as are usual. */
export function openPreparer(
  dataset: Dataset,
  preparation: Preparation,
  { threads, cores = availableParallelism() }: { threads?: number; cores?: number },
): Preparer {
  const { source } = dataset;
  const wanted = threads ?? usualThreads(preparation, cores);
  if (!source || wanted === 0) return hereAndNow(dataset, preparation);
  const pool = openPool({ source: forThreads(source), preparation }, wanted, source.kind === 'files' ? 4 : 32);
  return { ...pool, threads: wanted, room: (length) => new Uint8Array(new SharedArrayBuffer(length)) };
}

/** Milliseconds after which the event loop gets a turn. */
const turn = 5;

function hereAndNow(dataset: Dataset, preparation: Preparation): Preparer {
  const prepare = createItemPreparation(dataset, preparation);
  return {
    threads: 0,
    room: (length) => new Uint8Array(length),
    async prepare(items, into) {
      const unreadable: UnreadablePlace[] = [];
      let began = performance.now();
      for (const [place, item] of items.entries()) {
        const waited = prepare(item, into, place);
        const wrong = waited === undefined ? undefined : await waited;
        if (wrong !== undefined) unreadable.push(wrong);
        if (performance.now() - began < turn) continue;
        await new Promise((resolve) => setImmediate(resolve));
        began = performance.now();
      }
      return unreadable;
    },
    close: async () => {},
  };
}
