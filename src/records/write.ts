import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canonical } from './hash.js';
import type { PlanRecord } from './plan.js';
import { readPlan, orNull } from './read.js';

/** Writes a JSON file whole or not at all: under another name, synced, renamed, and the folder synced. */
export async function writeJson(path: string, value: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = partialName(path);
  try {
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(`${JSON.stringify(value, null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
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
