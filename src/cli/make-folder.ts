import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UsageError } from './errors.js';

/**
 * Makes a folder that somebody named, and those above it. One by one: Node's recursive way never ends where a file system
 * takes no folders, as that of /proc. Throws a `UsageError` there.
 */
export async function makeFolder(path: string): Promise<void> {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.unshift(at);
  for (const folder of missing) {
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return;
      if (error.code !== 'ENOENT') throw error;
      throw new UsageError(`${path}: no folder can be made in ${dirname(folder)}; choose another place`);
    });
  }
}
