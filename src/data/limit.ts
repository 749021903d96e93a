import { createGenerator, permutation } from '../random/generator.js';
import type { Dataset, PictureSource } from './dataset.js';
import { shared } from './listing/picture-list.js';

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
  return {
    ...dataset,
    length: limit,
    fingerprint: `${dataset.fingerprint}-first-${limit}`,
    ...(dataset.source && { source: chosenFrom(dataset.source, chosen) }),
    label: (at) => dataset.label(chosen[at] as number),
    picture: (at) => dataset.picture(chosen[at] as number),
  };
}

function chosenFrom(source: PictureSource, chosen: readonly number[]): PictureSource {
  const pick = (values: ArrayLike<number>) => chosen.map((index) => values[index] as number);
  if (source.kind === 'memory') {
    return { ...source, indices: shared(Uint32Array, source.indices ? pick(source.indices) : chosen) };
  }
  return {
    ...source,
    file: shared(Uint32Array, pick(source.file)),
    offset: shared(Float64Array, pick(source.offset)),
    bytes: shared(Float64Array, pick(source.bytes)),
  };
}
