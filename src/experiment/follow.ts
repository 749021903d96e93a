import { EnvironmentError } from '../engine/engine.js';
import { runFolder } from '../records/folders.js';
import { endUnder } from './executor.js';
import type { PlannedRun } from './plan.js';
import { inOrder, type ScheduleOptions, type ScheduleSummary, threadsOf } from './schedule.js';
import { standingsAnywhere } from './standing.js';

/**
 * Takes part, as a rank that is not the first, in what `runSchedule` trains elsewhere with the same options, one run at a
 * time and in the same order: it looks at the same records, and writes none.
 */
export async function followSchedule(options: ScheduleOptions): Promise<ScheduleSummary> {
  const { suiteFolder, stop, kill, onEvent, share, eager, codeVersion, ranks = 1, seat = null } = options;
  const standings = options.standings ?? standingsAnywhere(options.runs, suiteFolder);
  const done: PlannedRun[] = [];
  const failed: { run: PlannedRun; reason: string }[] = [];
  const left: PlannedRun[] = [];
  const open: PlannedRun[] = [];
  for (const run of options.runs) {
    const state = standings.get(run)?.state;
    if (state === 'done' || state === 'elsewhere') {
      done.push(run);
      onEvent({ kind: 'skipped', run });
    } else open.push(run);
  }

  for (const group of inOrder(open)) {
    const [run] = group;
    if (stop.aborted) {
      left.push(...group);
      continue;
    }
    onEvent({ kind: 'started', run });
    const standing = standings.get(run);
    const task = {
      spec: run.spec,
      hash: run.hash,
      folder: runFolder(suiteFolder, run.spec.variant, run.spec.seed),
      threads: threadsOf(standing?.state === 'begun' ? standing.record : null, ranks, share),
      gpus: [share.gpus[0] ?? null],
      ...{ ranks, seat, eager, codeVersion, precision: options.precision ?? null, engine: null, named: [] },
    };
    const execution = options.executor(task, (message) => onEvent({ kind: 'message', run, message }));
    const end = await endUnder(execution, stop, kill);
    if (end.status === 'unable') throw new EnvironmentError(end.reason);
    if (end.status === 'failed') failed.push(...group.map((one) => ({ run: one, reason: end.reason })));
    else (end.status === 'followed' || end.status === 'done' ? done : left).push(...group);
    onEvent({ kind: 'ended', run, end });
  }
  return { done, failed, left };
}
