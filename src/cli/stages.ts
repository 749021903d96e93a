import type { PlannedRun } from '../experiment/plan.js';
import type { ScheduleSummary } from '../experiment/schedule.js';
import type { OpenedPlan } from './planned.js';

/** The runs of a plan that can be trained as things stand: all but those that wait for a choice. */
export const ready = ({ runs }: Pick<OpenedPlan, 'runs'>): readonly PlannedRun[] =>
  runs.filter(({ awaits }) => awaits === null);

/**
 * Runs a plan as far as it goes, plans anew with what was chosen meanwhile, and so on until nothing waits. What still waits
 * when a stage decides nothing is failed, with the reason; after an interruption it is left.
 *
 * @param plan reads the records, by which choices are made
 */
export async function inStages(
  first: OpenedPlan,
  plan: () => Promise<OpenedPlan>,
  stage: (plan: OpenedPlan, runs: readonly PlannedRun[], at: number) => Promise<ScheduleSummary>,
): Promise<ScheduleSummary> {
  const done = new Map<string, PlannedRun>();
  const failed = new Map<string, ScheduleSummary['failed'][number]>();
  const key = ({ spec }: PlannedRun) => `${spec.seed} ${spec.variant}`;
  let now = first;
  for (let at = 0; ; at++) {
    const waiting = now.runs.filter(({ awaits }) => awaits !== null);
    const these = ready(now).filter((run) => !done.has(key(run)) && !failed.has(key(run)));
    const summary = await stage(now, these, at);
    for (const run of summary.done) done.set(key(run), run);
    for (const one of summary.failed) failed.set(key(one.run), one);
    const outcome = (left: readonly PlannedRun[]) => ({
      done: [...done.values()],
      failed: [...failed.values()],
      left: [...summary.left, ...left],
    });
    if (waiting.length === 0 || summary.left.length > 0) return outcome(waiting);
    now = await plan();
    const still = now.runs.filter(({ awaits }) => awaits !== null);
    if (still.length < waiting.length) continue;
    for (const run of still) {
      const reason = `it waits for ${run.awaits}, which could not be chosen: not all of the runs that decide it have come to an end, or those of every choice have failed`;
      failed.set(key(run), { run, reason });
    }
    return outcome([]);
  }
}
