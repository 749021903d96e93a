import type { Dataset } from './dataset.js';
import { DataError } from './error.js';

/** What was found by reading every picture of a split once. */
export interface Checked {
  readonly split: Dataset['split'];
  readonly pictures: number;
  readonly classes: number;
  /** What was left out or chosen when the split was listed. */
  readonly remarks: Dataset['remarks'];
  /** What is wrong, a sentence a picture. */
  readonly problems: readonly string[];
  /** Smallest and largest sides, in pixels. */
  readonly smallest: number;
  readonly largest: number;
}

/** Decodes every picture, some at a time. */
export async function checkPictures(
  dataset: Dataset,
  atOnce: number,
  onProgress: (done: number) => void,
): Promise<Checked> {
  const problems: [number, string][] = [];
  let next = 0;
  let done = 0;
  let smallest = Number.POSITIVE_INFINITY;
  let largest = 0;
  const work = async (): Promise<void> => {
    while (next < dataset.length) {
      const index = next++;
      try {
        const { height, width } = await dataset.picture(index);
        smallest = Math.min(smallest, height, width);
        largest = Math.max(largest, height, width);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        problems.push([index, error.message]);
      }
      onProgress(++done);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return {
    split: dataset.split,
    pictures: dataset.length,
    classes: dataset.classes.length,
    remarks: dataset.remarks,
    problems: problems.sort(([a], [b]) => a - b).map(([, message]) => message),
    smallest,
    largest,
  };
}
