import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where a fetched dataset's files are kept: $ABLATE_CACHE, else the user's cache folder. Shared by all clones. */
export function dataFolder(name: string): string {
  const root = process.env.ABLATE_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ablate');
  return join(root, 'data', name);
}
