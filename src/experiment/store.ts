import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { MetricsLine, PlanRecord, RunResult } from './records.js';

/** A run by its place in a suite. */
export interface RunName {
  readonly variant: string;
  readonly seed: number;
}

/** Where a run's records are, below a suite's folder. */
export const runFolder = (suiteFolder: string, variant: string, seed: number): string =>
  join(suiteFolder, variant, `seed-${seed}`);

/** Writes a JSON file whole or not at all: under another name, synced, renamed. */
export async function writeJson(path: string, value: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.partial`;
  try {
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(`${JSON.stringify(value, null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
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

export const readResult = (folder: string): Promise<RunResult | null> =>
  readJson<RunResult>(join(folder, 'result.json'));

export const hasPlan = async (suiteFolder: string): Promise<boolean> =>
  (await readJson(join(suiteFolder, 'plan.json'))) !== null;

/** Writes the plan only where it has changed, so that reading tools see a steady file. */
export async function writePlan(suiteFolder: string, plan: PlanRecord): Promise<void> {
  const path = join(suiteFolder, 'plan.json');
  const before = await readJson<PlanRecord>(path);
  if (JSON.stringify(before) !== JSON.stringify(plan)) await writeJson(path, plan);
}

/**
 * Moves the records of another resolved run out of the way: results are never deleted. They stay beside, as
 * `stale-seed-<n>-<hash>`, and come back when the suite asks for them again.
 */
export async function setAside(folder: string, hash: string): Promise<void> {
  const name = join(dirname(folder), `stale-${basename(folder)}-${hash.slice(0, 8)}`);
  let free = name;
  for (let count = 2; existsSync(free); count++) free = `${name}-${count}`;
  await rename(folder, free);
}

/** The lines of a run's metrics.jsonl; a last line that was cut off is left out, and so is any that is damaged. */
export async function readMetrics(folder: string): Promise<MetricsLine[]> {
  const text = await readFile(join(folder, 'metrics.jsonl'), 'utf8').catch(() => '');
  return text.split('\n').flatMap((line): MetricsLine[] => {
    try {
      return line === '' ? [] : [JSON.parse(line) as MetricsLine];
    } catch {
      return [];
    }
  });
}

/** The finished runs of the folder's plan: more seeds may have been trained than the suite's file names. */
export async function recordedRuns(suiteFolder: string): Promise<RunName[]> {
  const plan = await readJson<PlanRecord>(join(suiteFolder, 'plan.json'));
  const planned = plan?.variants.flatMap(({ name, runs }) => runs.map(({ seed }) => ({ variant: name, seed }))) ?? [];
  const isDone = async ({ variant, seed }: RunName) =>
    (await readResult(runFolder(suiteFolder, variant, seed)))?.status === 'done';
  const done = await Promise.all(planned.map(isDone));
  return planned.filter((_, at) => done[at]);
}
