import { basename, dirname } from 'node:path';
import { createRemarks, type Remark } from '../remarks.js';

/** What says a file's split, as a word of its own in its name or else in its folders': "interval" is not "val". */
const splitWords = {
  train: ['train', 'training'],
  test: ['test', 'testing'],
  validation: ['val', 'valid', 'validation'],
} as const;
type SplitWord = keyof typeof splitWords;

export interface SortedFiles {
  readonly train: readonly string[];
  readonly test: readonly string[];
  readonly ofTrain: readonly Remark[];
  readonly ofTest: readonly Remark[];
}

/**
 * Sorts files by the splits that their paths name; what is in none is remarked. Where there are both, those named
 * `tested` are tested on and the others left out.
 */
export function sortBySplit(all: readonly string[], tested: 'test' | 'validation' = 'test'): SortedFiles {
  const [ofTrain, ofTest] = [createRemarks(), createRemarks()];
  const found: Record<SplitWord, string[]> = { train: [], test: [], validation: [] };
  for (const path of all) {
    const split = splitOf(path);
    const what = 'left out: its name has neither train nor test, val or validation as a word';
    if (split === null) ofTrain.add({ kind: 'dropped', noun: 'shard', what }, path);
    else found[split].push(path);
  }
  const other = tested === 'test' ? 'validation' : 'test';
  const isThere = found[tested].length > 0;
  const what = `left out: those named ${tested} are tested on`;
  if (isThere) for (const path of found[other]) ofTest.add({ kind: 'chosen', noun: 'shard', what }, path);
  return {
    train: found.train,
    test: isThere ? found[tested] : found[other],
    ofTrain: ofTrain.all(),
    ofTest: ofTest.all(),
  };
}

function splitOf(path: string): SplitWord | null {
  for (let part = path; part !== '.' && part !== ''; part = dirname(part)) {
    const words =
      basename(part)
        .toLowerCase()
        .match(/[a-z]+/g) ?? [];
    for (const [split, names] of Object.entries(splitWords)) {
      if (words.some((word) => (names as readonly string[]).includes(word))) return split as SplitWord;
    }
  }
  return null;
}
