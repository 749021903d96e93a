import type { Dataset } from '../data/dataset.js';
import { holdOut } from '../data/hold-out.js';
import type { RunSpec } from '../records/run.js';

interface Splits {
  readonly train: Dataset;
  readonly test: Dataset;
}

/** What a run trains on and is measured by. */
export function splitFor(
  { validation, trial }: Pick<RunSpec, 'validation' | 'trial'>,
  { train, test }: Splits,
): Splits & { readonly validation: Dataset | null } {
  if (!validation) return { train, test, validation: null };
  const { rest, heldOut } = holdOut(train, validation);
  return trial ? { train: rest, test: heldOut, validation: null } : { train: rest, test, validation: heldOut };
}
