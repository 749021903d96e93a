import type { Batch } from '../data/dataset.js';

/**
 * Takes batches one by one. The next is made while whoever has taken one works on it: a turn of the event loop later, so
 * that this work is under way first.
 */
export function takeAhead(batches: AsyncIterator<Batch, never>): () => Promise<Batch> {
  const make = (): Promise<Batch> => {
    const made = batches.next().then(({ value }) => value);
    // Whoever takes it learns of an error; until then it is no unhandled one.
    made.catch(() => {});
    return made;
  };
  let ahead: Promise<Batch> | null = null;
  return async () => {
    const batch = await (ahead ?? make());
    ahead = new Promise((resolve) => setImmediate(() => resolve(make())));
    ahead.catch(() => {});
    return batch;
  };
}
