import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Executor, RunEnd } from './executor.js';
import type { PlannedRun } from './plan.js';
import type { RunRecord, WorkerMessage } from './records.js';
import { readJson, readResult, runFolder, setAside } from './store.js';

/** What a person is shown while a suite runs. */
export type ScheduleEvent =
  | { readonly kind: 'skipped'; readonly run: PlannedRun }
  | { readonly kind: 'started'; readonly run: PlannedRun }
  | { readonly kind: 'message'; readonly run: PlannedRun; readonly message: WorkerMessage }
  | { readonly kind: 'ended'; readonly run: PlannedRun; readonly end: RunEnd };

export interface ScheduleOptions {
  readonly runs: readonly PlannedRun[];
  readonly suiteFolder: string;
  readonly executor: Executor;
  /** Runs at a time, and threads of each. */
  readonly parallel: number;
  readonly threads: number;
  readonly eager: boolean;
  readonly codeVersion: string;
  readonly onEvent: (event: ScheduleEvent) => void;
  /** Asks the runs to save and end. */
  readonly stop: AbortSignal;
  /** Ends them at once. */
  readonly kill: AbortSignal;
}

/** How a suite ended: every planned run in one of the lists. */
export interface ScheduleSummary {
  readonly done: readonly PlannedRun[];
  readonly failed: readonly { readonly run: PlannedRun; readonly reason: string }[];
  /** Not finished because an end was asked for. */
  readonly left: readonly PlannedRun[];
}

/**
 * Trains what is not done, `parallel` runs at a time, the most expensive first so that none is left alone at the end. A
 * failed run does not stop the others; it is tried again the next time.
 */
export async function runSchedule(options: ScheduleOptions): Promise<ScheduleSummary> {
  const { suiteFolder, onEvent, stop, kill } = options;
  const done: PlannedRun[] = [];
  const failed: { run: PlannedRun; reason: string }[] = [];
  const left: PlannedRun[] = [];
  const waiting: PlannedRun[] = [];
  for (const run of options.runs) {
    if (await isDone(run, suiteFolder)) {
      done.push(run);
      onEvent({ kind: 'skipped', run });
    } else waiting.push(run);
  }
  waiting.sort((a, b) => expense(b) - expense(a));

  const take = async (): Promise<void> => {
    for (let run = waiting.shift(); run; run = waiting.shift()) {
      const end = stop.aborted ? ({ status: 'interrupted' } as const) : await execute(run);
      if (end.status === 'done') done.push(run);
      else if (end.status === 'failed') failed.push({ run, reason: end.reason });
      else left.push(run);
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, take));
  return { done, failed, left };

  async function execute(run: PlannedRun): Promise<RunEnd> {
    const folder = runFolder(suiteFolder, run.spec.variant, run.spec.seed);
    await clearStale(run.hash, folder);
    onEvent({ kind: 'started', run });
    const { threads, eager, codeVersion } = options;
    const execution = options.executor({ spec: run.spec, hash: run.hash, folder, threads, eager, codeVersion }, (message) =>
      onEvent({ kind: 'message', run, message }),
    );
    const onStop = () => execution.stop();
    const onKill = () => execution.kill();
    stop.addEventListener('abort', onStop);
    kill.addEventListener('abort', onKill);
    const end = await execution.ended;
    stop.removeEventListener('abort', onStop);
    kill.removeEventListener('abort', onKill);
    onEvent({ kind: 'ended', run, end });
    return end;
  }
}

const expense = ({ macs, spec }: PlannedRun): number => macs * spec.recipe.epochs;

/** Records of another resolved run make room; a failed result of this one goes, since it is tried again. */
async function clearStale(hash: string, folder: string): Promise<void> {
  const found = (await readJson<RunRecord>(join(folder, 'run.json'))) ?? (await readResult(folder));
  if (found && found.hash !== hash) await setAside(folder, found.hash);
  else await rm(join(folder, 'result.json'), { force: true });
}

/** Whether a run's result is there and belongs to this very run. */
export async function isDone({ spec, hash }: PlannedRun, suiteFolder: string): Promise<boolean> {
  const result = await readResult(runFolder(suiteFolder, spec.variant, spec.seed));
  return result?.status === 'done' && result.hash === hash;
}
