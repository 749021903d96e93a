import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMapping } from '../config/merge.js';
import { readSource } from '../config/source.js';
import { UsageError } from './errors.js';

/** The folder itself, or that of the suite's name: the file need not be valid beyond its name to be reported on. */
export async function recordsFolder(suite: string, experiments: string): Promise<string> {
  const found = await stat(suite).catch(() => null);
  if (!found) throw new UsageError(`${suite} does not exist; name a suite file or a folder of records`);
  if (found.isDirectory()) return suite;
  const { value } = await readSource(suite);
  const name: unknown = isMapping(value) ? value['name'] : null;
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9-]*$/.test(name)) {
    throw new UsageError(
      `${suite} has no usable \`name:\`, so its records cannot be found; \`ablate validate ${suite}\` says what is wrong`,
    );
  }
  return join(experiments, name);
}
