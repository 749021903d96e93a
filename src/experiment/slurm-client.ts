import { spawnSync } from 'node:child_process';
import { EnvironmentError } from '../engine/engine.js';
import { quoted } from '../shell/quoted.js';

/** A task of an array as squeue shows it. */
export interface QueuedTask {
  /** As scancel takes it: 12_3. */
  readonly id: string;
  /** Slurm's word, such as PENDING or RUNNING. */
  readonly state: string;
  /** Why it waits, such as Resources; `None` where it does not. */
  readonly reason: string;
}

/** The number of the job that sbatch makes of a script. Throws an `EnvironmentError` where it is missing or refuses. */
export function sbatch(script: string): string {
  const { status, stdout, stderr, error } = spawnSync('sbatch', ['--parsable', script], { encoding: 'utf8' });
  if (error) {
    throw new EnvironmentError(
      `sbatch cannot be run here: ${error.message}.\nNext: on a machine that has it, sbatch ${quoted(script)}`,
    );
  }
  if (status !== 0) throw new EnvironmentError(`sbatch refused ${script}: ${stderr.trim()}`);
  // With several clusters its name follows.
  return stdout.trim().split(';')[0] as string;
}

/** Slurm's default, for where the cluster cannot be asked. */
const usualArraySize = 1001;

/** How many tasks an array may have here. */
export function maxArraySize(): number {
  const { stdout } = spawnSync('scontrol', ['show', 'config'], { encoding: 'utf8' });
  return Number(/^MaxArraySize\s*=\s*(\d+)/m.exec(stdout ?? '')?.[1] ?? usualArraySize);
}

/** The tasks of some array jobs that Slurm still has, by job and index; null where Slurm cannot be asked. */
export function queuedTasks(jobs: readonly string[]): Map<string, QueuedTask> | null {
  // All of the user's, since squeue fails where it is asked for a job that has ended long ago.
  const { status, stdout } = spawnSync('squeue', ['--me', '--noheader', '--array', '--format=%F_%K|%F|%T|%r'], {
    encoding: 'utf8',
  });
  if (status !== 0) return null;
  const tasks = new Map<string, QueuedTask>();
  for (const line of stdout.split('\n')) {
    const [id, job, state, reason] = line.trim().split('|');
    if (id && job && state && jobs.includes(job)) tasks.set(id, { id, state, reason: reason ?? 'None' });
  }
  return tasks;
}
