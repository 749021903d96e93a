import { existsSync } from 'node:fs';
import { appendFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { untilFree } from './lock.js';
import type { PlannedRun } from './plan.js';
import type { RunRecord } from './records.js';
import { type Standing, standingOf } from './standing.js';
import { readJson, readResult, runFolder, setAside } from './store.js';

/**
 * Makes a run's folder ready to start or go on in, and says where the run stood: records of another resolved run are
 * set aside, its own come back from there, a failed result makes room for the next attempt. Waits for a worker that a
 * killed start has left behind.
 */
export async function prepareFolder(run: PlannedRun, suiteFolder: string, signal: AbortSignal): Promise<Standing> {
  const folder = runFolder(suiteFolder, run.spec.variant, run.spec.seed);
  await untilFree(folder, signal);
  const standing = await standingOf(run, suiteFolder);
  if (standing.state === 'stale') await setAside(folder, standing.found);
  if (standing.state === 'failed') {
    await appendFile(join(folder, 'log.txt'), `tried again; before: ${standing.reason}\n`);
    await rm(join(folder, 'result.json'), { force: true });
  }
  if ((standing.state === 'done' || standing.state === 'begun') && standing.folder !== folder) {
    if (existsSync(folder)) await setAside(folder, await hashIn(folder));
    await rename(standing.folder, folder);
  }
  return standing;
}

async function hashIn(folder: string): Promise<string> {
  const found = (await readResult(folder)) ?? (await readJson<RunRecord>(join(folder, 'run.json')));
  return found?.hash ?? 'unknown';
}
