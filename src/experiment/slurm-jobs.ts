import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { RunName } from '../records/folders.js';
import { type Frozen, recordName, seedSchema } from '../records/schema.js';
import { writeJson } from '../records/write.js';
import { type QueuedTask, queuedTasks } from './slurm-client.js';

/** What was submitted: which task of which array trains which run. */
const jobsSchema = z.object({
  schema: z.literal('ablate/slurm-jobs/1'),
  jobs: z.array(
    z.object({
      id: z.string(),
      runsPerTask: z.int().positive(),
      runs: z.array(z.object({ variant: recordName, seed: seedSchema })),
    }),
  ),
});
export type SubmittedJob = Frozen<z.infer<typeof jobsSchema>>['jobs'][number];

const jobsFile = (suiteFolder: string): string => join(suiteFolder, 'slurm', 'jobs.json');

/** The arrays that were submitted for a suite; none where nothing was, or the file is damaged. */
export function submittedJobs(suiteFolder: string): readonly SubmittedJob[] {
  if (!existsSync(jobsFile(suiteFolder))) return [];
  try {
    return jobsSchema.parse(JSON.parse(readFileSync(jobsFile(suiteFolder), 'utf8'))).jobs;
  } catch {
    // It only says what to leave alone: without it, two tasks of one run wait for each other.
    return [];
  }
}

/** Adds an array to those of a suite. */
export const rememberJob = (suiteFolder: string, job: SubmittedJob): Promise<void> =>
  writeJson(jobsFile(suiteFolder), {
    schema: 'ablate/slurm-jobs/1',
    jobs: [...submittedJobs(suiteFolder), { ...job, runs: job.runs.map(({ variant, seed }) => ({ variant, seed })) }],
  });

/** What Slurm says of a suite's runs. */
export interface SlurmView {
  /** The task that Slurm has for a run, waiting or running; null where it has none. */
  taskOf(run: RunName): QueuedTask | null;
}

/** Asks Slurm for the tasks of a suite's runs; null where none were submitted or it cannot be asked. */
export function slurmView(suiteFolder: string): SlurmView | null {
  const jobs = submittedJobs(suiteFolder);
  const queue = jobs.length > 0 ? queuedTasks(jobs.map(({ id }) => id)) : null;
  if (!queue) return null;
  const tasks = new Map<string, QueuedTask>();
  for (const { id, runs, runsPerTask } of jobs) {
    for (const [at, run] of runs.entries()) {
      const task = queue.get(`${id}_${Math.floor(at / runsPerTask)}`);
      if (task) tasks.set(keyOf(run), task);
    }
  }
  return { taskOf: (run) => tasks.get(keyOf(run)) ?? null };
}

const keyOf = ({ variant, seed }: RunName): string => `${seed} ${variant}`;
