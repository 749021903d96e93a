import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canonical } from './hash.js';
import type { PlanRecord } from './plan.js';
import { readPlan, orNull } from './read.js';

/** Writes a JSON file whole or not at all, and on disk when it returns. */
export async function writeJson(path: string, value: object): Promise<void> {
  await writeWhole(path, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Writes a file whole or not at all: under another name, synced, renamed, and the folder synced. A link in its place is
 * replaced, not followed. An error names the file.
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = partialName(path);
  try {
    // What lies there under this name, such as a link, is not ours.
    await rm(temporary, { force: true });
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw atPath(error as NodeJS.ErrnoException, path, temporary);
  }
}

/** An error under the name that a person knows: writing to an open file names none. */
function atPath(error: NodeJS.ErrnoException, path: string, temporary: string): Error {
  const unnamed = error.path === undefined || error.path === temporary;
  return error.syscall && unnamed ? Object.assign(error, { path }) : error;
}

/** What a file is called while it is written. */
export const partialName = (path: string): string => `${path}.${process.pid}${partialEnding}`;
/** Files of this ending were never finished; whoever works on their folder alone may remove them. */
export const partialEnding = '.partial';

/** For what need not be there: any other error is thrown on. */
export function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

/** A rename is on disk only when its folder is. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes the plan only where it has changed, so that reading tools see a steady file. */
export async function writePlan(suiteFolder: string, plan: PlanRecord): Promise<void> {
  const before = orNull(readPlan(suiteFolder));
  if (before === null || canonical(before) !== canonical(plan)) await writeJson(join(suiteFolder, 'plan.json'), plan);
}
