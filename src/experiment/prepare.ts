import { existsSync } from 'node:fs';
import { appendFile, copyFile, cp, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { removePartial, runFolder, setAside } from '../records/folders.js';
import { predictionsName } from '../records/predictions.js';
import { readResult, readRun, orNull } from '../records/read.js';
import { ignoreAbsent, writeJson } from '../records/write.js';
import { refuseLinks } from './links.js';
import { type HolderSeen, untilFree } from './lock.js';
import type { PlannedRun } from './plan.js';
import { type Standing, standingOf } from './standing.js';

/** Who is told of what keeps a run's folder from being ready. */
interface PrepareListener {
  /** Once, of who is waited for. */
  readonly onWait?: (holder: HolderSeen) => void;
  /** Of where records were moved, and the damage that was the reason; null is that they are another run's. */
  readonly onAside?: (folder: string, damage: string | null) => void;
}

/**
 * Makes a run's folder ready to start or go on in, and says where the run stood: records of another resolved run and
 * damaged ones are set aside, its own come back from there, a failed result makes room for the next attempt, what was
 * never finished writing goes. Waits for a worker that a killed start has left behind. Throws a `StorageError` where links
 * would have the run written outside of the suite's folder.
 */
export async function prepareFolder(
  run: PlannedRun,
  suiteFolder: string,
  signal: AbortSignal,
  { onWait = () => {}, onAside = () => {} }: PrepareListener = {},
): Promise<Standing> {
  const folder = runFolder(suiteFolder, run.spec.variant, run.spec.seed);
  await refuseLinks(suiteFolder, folder);
  await untilFree(folder, signal, onWait);
  if (signal.aborted) return { state: 'waiting' };
  const standing = standingOf(run, suiteFolder);
  await removePartial(folder);
  await removePartial(join(folder, 'checkpoint'));
  if (standing.state === 'stale') onAside(await setAside(folder, 'stale', standing.found), null);
  if (standing.state === 'damaged') onAside(await setAside(folder, 'damaged', null), standing.reason);
  if (standing.state === 'failed') {
    await appendFile(join(folder, 'log.txt'), `tried again; before: ${standing.reason}\n`);
    await rm(join(folder, 'result.json'), { force: true });
  }
  if ((standing.state === 'done' || standing.state === 'begun') && standing.folder !== folder) {
    if (existsSync(folder)) onAside(await setAside(folder, 'stale', hashIn(folder)), null);
    await rename(standing.folder, folder);
  }
  return standing;
}

const hashIn = (folder: string): string =>
  orNull(readResult(folder))?.hash ?? orNull(readRun(folder))?.hash ?? 'unknown';

/**
 * Takes the records of the same run from where it is done, into a folder that `prepareFolder` has made ready. The record
 * says from where; the result is written last, as by training.
 */
export async function takeRecords(run: PlannedRun, suiteFolder: string, from: string): Promise<void> {
  const folder = runFolder(suiteFolder, run.spec.variant, run.spec.seed);
  const [record, result] = [orNull(readRun(from)), orNull(readResult(from))];
  if (result?.status !== 'done' || result.hash !== run.hash) throw new Error(`${from} no longer holds this run`);
  // Its own unfinished attempt is no longer needed, and must not be taken for part of what comes.
  await rm(join(folder, 'checkpoint'), { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const name of ['metrics.jsonl', predictionsName])
    await copyFile(join(from, name), join(folder, name)).catch(ignoreAbsent);
  if (run.spec.keepWeights) {
    for (const name of ['weights.safetensors', 'weights-ema.safetensors'])
      await cp(join(from, name), join(folder, name)).catch(ignoreAbsent);
  }
  if (record) {
    const source = record.takenFrom ?? relative(dirname(suiteFolder), from);
    await writeJson(join(folder, 'run.json'), { ...record, spec: run.spec, takenFrom: source });
  }
  await writeJson(join(folder, 'result.json'), result);
}
