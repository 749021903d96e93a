import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMapping } from '../config/merge.js';
import { ConfigError } from '../config/problem.js';
import { type Setting, withSettings } from '../config/settings.js';
import { readSource } from '../config/source.js';
import { UsageError } from './errors.js';
import { note } from './output.js';

/**
 * The folder itself, or that of the suite's name: the file need not be valid beyond its name to be reported on. Of what is set
 * otherwise than in the file only the name matters: all else stands in the records, as it was when they were made.
 */
export async function recordsFolder(
  suite: string,
  experiments: string,
  settings: readonly Setting[] = [],
): Promise<string> {
  const found = await stat(suite).catch(() => null);
  if (!found) throw new UsageError(`${suite} does not exist; name a suite file or a folder of records`);
  if (found.isDirectory()) {
    if (settings.length === 0) return suite;
    throw new UsageError(
      `--set sets fields of a suite file, and ${suite} is a folder of records, which hold what was trained; leave --set out, or name the suite file`,
    );
  }
  const { value, syntax } = withSettings(await readSource(suite), settings);
  if (value === undefined && syntax.length > 0 && settings.length > 0) throw new ConfigError(syntax);
  if (settings.some(({ path }) => path[0] !== 'name'))
    note('of --set only the name is used here: the records hold the rest as it was when they were made');
  const name: unknown = isMapping(value) ? value['name'] : null;
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9-]*$/.test(name)) {
    throw new UsageError(
      `${suite} has no usable \`name:\`, so its records cannot be found; \`ablate validate ${suite}\` says what is wrong`,
    );
  }
  return join(experiments, name);
}
