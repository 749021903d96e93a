import type { ValidationConfig } from '../config/validation.js';
import { createGenerator, permutation } from '../random/generator.js';
import type { Dataset } from './dataset.js';
import { DataError } from './error.js';
import { subset } from './subset.js';

/**
 * Divides training pictures into those that are held out and the rest, each in the dataset's order. Every class gives its
 * share, rounded, and keeps at least one picture; which ones is drawn by the split's own seed, the same for every run.
 * Throws a `DataError` where nothing would be held out.
 */
export function holdOut(
  dataset: Dataset,
  { share, seed }: ValidationConfig,
): { readonly rest: Dataset; readonly heldOut: Dataset } {
  const sizes = dataset.classes.map(() => 0);
  for (let index = 0; index < dataset.length; index++) (sizes[dataset.label(index)] as number)++;
  const wanted = sizes.map((size) => Math.min(Math.round(share * size), size - 1));
  const isHeld = new Uint8Array(dataset.length);
  for (const index of permutation(dataset.length, createGenerator(seed, `held-out/${dataset.name}`))) {
    const label = dataset.label(index);
    if ((wanted[label] as number) < 1) continue;
    (wanted[label] as number)--;
    isHeld[index] = 1;
  }
  const chosen: [number[], number[]] = [[], []];
  isHeld.forEach((held, index) => {
    chosen[held as 0 | 1].push(index);
  });
  const [rest, heldOut] = chosen;
  if (heldOut.length === 0)
    throw new DataError(
      `${dataset.name} has ${dataset.length} training pictures of ${dataset.classes.length} classes, and a share of ${share} holds out none.\nNext: set a larger validation.share, or dataset.train_limit`,
    );
  const name = `${share}-seed-${seed}`;
  return {
    rest: subset(dataset, rest, `${dataset.fingerprint}-without-${name}`),
    heldOut: subset(dataset, heldOut, `${dataset.fingerprint}-held-out-${name}`),
  };
}

/** Pictures that are left to train on, about: each class rounds its own share. */
export const restOf = (pictures: number, validation: ValidationConfig | null): number =>
  validation === null ? pictures : pictures - Math.round(validation.share * pictures);
