import { existsSync } from 'node:fs';
import { nearest } from '../config/problem.js';
import { type DatasetEntry, datasetNamed, datasetNames } from '../data/catalogue.js';
import { openDatasets } from '../data/open.js';
import { UsageError } from './errors.js';

/** A dataset that was named on the command line; another name, or one of a folder without `--root`, is an error of usage. */
export function datasetEntry(name: string, root: string | undefined): DatasetEntry {
  if (datasetNames.includes(name)) {
    const entry = datasetNamed(name);
    // Only what has no place of its own has no classes of its own.
    if (entry.classes === null && root === undefined)
      throw new UsageError(`the dataset "${name}" is a folder of yours; say where with --root FOLDER`);
    return entry;
  }
  const guess = nearest(name, datasetNames);
  const hint = name.includes('/') || existsSync(name) ? `for pictures of your own write: folder --root ${name}` : null;
  throw new UsageError(
    `there is no dataset "${name}"; ${hint ?? (guess ? `did you mean "${guess}"?` : `there are ${datasetNames.join(', ')}`)}`,
  );
}

/** The test pictures of a dataset that was named on the command line. */
export async function testSplit(name: string, root: string | undefined) {
  datasetEntry(name, root);
  return (await openDatasets({ name, root: root ?? null, train_limit: null, test_limit: null })).test;
}
