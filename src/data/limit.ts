import { createGenerator, permutation } from '../random/generator.js';
import type { Dataset } from './dataset.js';
import { subset } from './subset.js';

/**
 * A part of a dataset, balanced over classes as far as they go: the same pictures for every run, whatever its seed, and
 * a larger limit's part holds a smaller one's.
 */
export function limitDataset(dataset: Dataset, limit: number | null): Dataset {
  if (limit === null || limit >= dataset.length) return dataset;
  const byClass = dataset.classes.map((): number[] => []);
  for (const index of permutation(dataset.length, createGenerator(0, `limit/${dataset.name}/${dataset.split}`))) {
    (byClass[dataset.label(index)] as number[]).push(index);
  }
  const chosen: number[] = [];
  for (let round = 0; chosen.length < limit; round++) {
    for (const indices of byClass) {
      const index = indices[round];
      if (index !== undefined && chosen.length < limit) chosen.push(index);
    }
  }
  return subset(dataset, chosen, `${dataset.fingerprint}-first-${limit}`);
}
