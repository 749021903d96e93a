import type { Dataset, PictureSource } from './dataset.js';
import { shared } from './listing/picture-list.js';

/** Some pictures of a dataset, in the order of `chosen`. */
export function subset(dataset: Dataset, chosen: readonly number[], fingerprint: string): Dataset {
  return {
    ...dataset,
    length: chosen.length,
    fingerprint,
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
