import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { runFolder } from '../records/folders.js';
import type { RunResult } from '../records/result.js';
import { count } from '../records/schema.js';
import { writeJson } from '../records/write.js';
import { savedStep } from '../training/checkpoint.js';
import type { PlannedRun } from './plan.js';
import type { Standing } from './standing.js';

/** Where the last start of a run began, and how many in a row began there. */
const schema = z.object({ schema: z.literal('ablate/idle-starts/1'), step: count, starts: z.int().positive() });

const fileIn = (folder: string): string => join(folder, 'idle-starts.json');

/**
 * Counts a start of every run that is not done, and records those as failed that were started in vain `most` times in a row.
 * A run that a cluster queues again whenever it was cut off would be for ever where its time does not last for one step.
 *
 * @returns the failed ones with the reason.
 */
export async function giveUp(
  runs: readonly PlannedRun[],
  standings: ReadonlyMap<PlannedRun, Standing>,
  most: number,
  suiteFolder: string,
): Promise<{ readonly run: PlannedRun; readonly reason: string }[]> {
  const failed: { run: PlannedRun; reason: string }[] = [];
  for (const run of runs) {
    const state = standings.get(run)?.state;
    if (state !== 'begun' && state !== 'waiting') continue;
    const folder = folderOf(run, suiteFolder);
    const { before, step } = await countStart(folder);
    if (before < most) continue;
    const reason = `${before} starts in a row ended at step ${step}, where they began: a start needs more time`;
    const finishedAt = new Date().toISOString();
    const result: RunResult = { schema: 'ablate/result/1', status: 'failed', hash: run.hash, reason, step, finishedAt };
    await writeJson(join(folder, 'result.json'), result);
    await forgetStarts([run], suiteFolder);
    failed.push({ run, reason });
  }
  return failed;
}

/** The next start of these counts as the first again. */
export async function forgetStarts(runs: readonly PlannedRun[], suiteFolder: string): Promise<void> {
  for (const run of runs) await rm(fileIn(folderOf(run, suiteFolder)), { force: true });
}

const folderOf = ({ spec }: PlannedRun, suiteFolder: string): string => runFolder(suiteFolder, spec.variant, spec.seed);

/** Counts a start; returns how many before it, one after the other, began at the same step. */
async function countStart(folder: string): Promise<{ readonly before: number; readonly step: number }> {
  const step = await savedStep(folder);
  const text = await readFile(fileIn(folder), 'utf8').catch(() => 'null');
  const last = schema.safeParse(JSON.parse(text)).data;
  const before = last?.step === step ? last.starts : 0;
  await writeJson(fileIn(folder), { schema: 'ablate/idle-starts/1', step, starts: before + 1 });
  return { before, step };
}
