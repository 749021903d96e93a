import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PlanRecord, RunResult } from './records.js';

/** Where a run's records are, below a suite's folder. */
export const runFolder = (suiteFolder: string, variant: string, seed: number): string =>
  join(suiteFolder, variant, `seed-${seed}`);

/** Writes a JSON file whole or not at all: under another name, synced, renamed. */
export async function writeJson(path: string, value: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.partial`;
  const handle = await open(temporary, 'w');
  try {
    await handle.writeFile(`${JSON.stringify(value, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
}

/** A JSON file's value, or null where there is none or it is damaged. */
export async function readJson<Value>(path: string): Promise<Value | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (text === null) return null;
  try {
    return JSON.parse(text) as Value;
  } catch {
    return null;
  }
}

export const readResult = (folder: string): Promise<RunResult | null> => readJson<RunResult>(join(folder, 'result.json'));

/** Writes the plan only where it has changed, so that reading tools see a steady file. */
export async function writePlan(suiteFolder: string, plan: PlanRecord): Promise<void> {
  const path = join(suiteFolder, 'plan.json');
  const before = await readJson<PlanRecord>(path);
  if (JSON.stringify(before) !== JSON.stringify(plan)) await writeJson(path, plan);
}

/**
 * Moves the records of another resolved run out of the way: results are never deleted. They stay beside, as
 * `stale-seed-<n>-<hash>`.
 */
export async function setAside(folder: string, hash: string): Promise<void> {
  await rename(folder, join(dirname(folder), `stale-${folder.split('/').at(-1)}-${hash.slice(0, 8)}-${Date.now()}`));
}
