import { EnvironmentError } from '../engine/engine.js';
import type { Executor, RunEnd } from './executor.js';
import type { PlannedRun } from './plan.js';
import { prepareFolder } from './prepare.js';
import type { WorkerMessage } from './records.js';
import type { Share } from './share.js';
import { standingOf } from './standing.js';
import { runFolder } from './store.js';

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
  readonly share: Share;
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
 * Trains what is not done, `share.parallel` runs at a time, the most expensive first so that none is left alone at the
 * end. A failed run does not stop the others; it is tried again the next time. Throws an `EnvironmentError` where a
 * worker finds no engine or data, after the other runs have saved.
 */
export async function runSchedule(options: ScheduleOptions): Promise<ScheduleSummary> {
  const { suiteFolder, onEvent, share } = options;
  const done: PlannedRun[] = [];
  const failed: { run: PlannedRun; reason: string }[] = [];
  const left: PlannedRun[] = [];
  const waiting: PlannedRun[] = [];
  const giveUp = new AbortController();
  const stop = AbortSignal.any([options.stop, giveUp.signal]);
  let trouble: Error | null = null;

  for (const run of options.runs) {
    const { state } = await standingOf(run, suiteFolder);
    if (state === 'done' && (await prepareFolder(run, suiteFolder, stop)).state === 'done') {
      done.push(run);
      onEvent({ kind: 'skipped', run });
    } else waiting.push(run);
  }
  waiting.sort((a, b) => expense(b) - expense(a));

  await Promise.all(Array.from({ length: share.parallel }, (_, slot) => work(slot)));
  if (trouble) throw trouble;
  return { done, failed, left };

  /** Takes one run after the other; `slot` chooses the graphics card. */
  async function work(slot: number): Promise<void> {
    for (let run = waiting.shift(); run; run = waiting.shift()) {
      try {
        const end: RunEnd = stop.aborted ? { status: 'interrupted' } : await execute(run, slot);
        if (end.status === 'done') done.push(run);
        else if (end.status === 'failed') failed.push({ run, reason: end.reason });
        else left.push(run);
        if (end.status === 'unable') throw new EnvironmentError(end.reason);
      } catch (error) {
        trouble ??= error as Error;
        giveUp.abort();
      }
    }
  }

  async function execute(run: PlannedRun, slot: number): Promise<RunEnd> {
    const standing = await prepareFolder(run, suiteFolder, stop);
    if (stop.aborted) return { status: 'interrupted' };
    onEvent({ kind: 'started', run });
    if (standing.state === 'done') {
      onEvent({ kind: 'ended', run, end: standing.result });
      return standing.result;
    }
    const { eager, codeVersion, kill } = options;
    // Sums of floats depend on how threads divide them: a run goes on with as many as it began with.
    const threads = (standing.state === 'begun' && standing.record?.engine.threads) || share.threads;
    const { gpus } = share;
    const folder = runFolder(suiteFolder, run.spec.variant, run.spec.seed);
    const gpu = gpus[slot % gpus.length] ?? null;
    const task = { spec: run.spec, hash: run.hash, folder, threads, gpu, eager, codeVersion };
    const execution = options.executor(task, (message) => onEvent({ kind: 'message', run, message }));
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
