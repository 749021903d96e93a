import type { Dataset } from '../dataset.js';
import { DataError } from '../error.js';

export interface Splits {
  readonly train: Dataset;
  readonly test: Dataset;
}

/** A way in which a dataset's files may lie in a folder. */
export interface Format {
  /** As `ablate data check` names it. */
  readonly name: string;
  /** By what the folder is taken for this format, from names alone; null where it is not. */
  recognise(root: string): Promise<string | null>;
  /**
   * Lists both splits: a `Dataset` has their labels, reads their pictures, and remarks what was left out or chosen.
   * Throws a `DataError` that names what is missing or damaged.
   */
  open(root: string): Promise<Splits>;
}

/** The format that a dataset was read in, and by what it was recognised. */
export interface Layout {
  readonly format: string;
  readonly why: string;
}

export interface Opened extends Splits {
  readonly layout: Layout;
}

/**
 * Opens a folder in the first format that recognises it; where none does, the usual one is to say what it misses. Throws
 * a `DataError` also for a split without pictures.
 */
export async function openFormat(usual: Format, others: readonly Format[], root: string): Promise<Opened> {
  let why: string | null = null;
  let format = usual;
  for (const candidate of [...others, usual]) {
    why = await candidate.recognise(root);
    if (why === null) continue;
    format = candidate;
    break;
  }
  const { train, test } = await format.open(root);
  for (const { split, length } of [train, test]) {
    if (length === 0) throw new DataError(`${root}: the ${split} split has no pictures (read as ${format.name})`);
  }
  return { train, test, layout: { format: format.name, why: why ?? 'no other format was recognised' } };
}
