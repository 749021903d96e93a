import { homedir } from 'node:os';
import { join } from 'node:path';

/** What is kept between commands: $ABLATE_CACHE, else the user's cache folder. Shared by all clones. */
export const cacheFolder = (): string =>
  process.env.ABLATE_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ablate');

/** Where a fetched dataset's files are kept. */
export const dataFolder = (name: string): string => join(cacheFolder(), 'data', name);
