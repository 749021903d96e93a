import { lstat, readdir, realpath } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { ignoreAbsent } from '../records/write.js';
import { StorageError } from './storage.js';

/**
 * Throws a `StorageError` where a link below a suite's folder would have something of the suite written elsewhere: a folder
 * on the way to `folder`, or a file in it or its `checkpoint`. The suite's own folder may be a link to wherever there is room.
 */
export async function refuseLinks(suiteFolder: string, folder: string): Promise<void> {
  const parts = relative(suiteFolder, folder).split(sep);
  const way = parts.map((_, at) => join(suiteFolder, ...parts.slice(0, at + 1)));
  const inside = (await Promise.all([folder, join(folder, 'checkpoint')].map(entriesOf))).flat();
  for (const path of [...way, ...inside]) {
    const found = await lstat(path).catch(ignoreAbsent);
    if (!found?.isSymbolicLink()) continue;
    const target = await realpath(path).catch(() => null);
    if (target?.startsWith((await realpath(suiteFolder)) + sep)) continue;
    throw new StorageError(
      `${path} is a link to ${target ?? 'what is not there'}: records are written below ${resolve(suiteFolder)} only.\nNext: take the link away, then the same command goes on`,
    );
  }
}

const entriesOf = async (folder: string): Promise<string[]> =>
  (await readdir(folder).catch((): string[] => [])).map((name) => join(folder, name));
