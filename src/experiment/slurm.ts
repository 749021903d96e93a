import { join, resolve } from 'node:path';
import type { RunName } from '../records/folders.js';
import { quoted } from '../shell/quoted.js';

/** What an array job asks Slurm for. */
export interface SlurmJob {
  readonly suite: string;
  /** Absolute paths: a job starts in a folder of the cluster's choice. */
  readonly program: string;
  readonly suiteFile: string;
  readonly recordsFolder: string;
  /** A task of the array each. */
  readonly runs: readonly RunName[];
  readonly device: string | null;
  readonly cores: number;
  readonly memoryMiB: number;
  readonly gpu: boolean;
  /** Slurm's notation, such as 04:00:00. */
  readonly time: string;
  /** Tasks at a time; null is as many as the cluster gives. */
  readonly parallel: number | null;
  /** Further arguments of sbatch, such as --partition=gpu. */
  readonly extra: readonly string[];
}

/** Seconds before its limit that a job is told to save. */
const noticeSeconds = 120;

/**
 * The text of an sbatch array script: a run a task. Short of its time limit a task saves its state and is queued again, so
 * that the limit needs not cover a whole run.
 */
export function slurmScript(job: SlurmJob): string {
  const { suite, program, suiteFile, recordsFolder, runs, device, cores, memoryMiB, gpu, time, parallel, extra } = job;
  const output = join(recordsFolder, suite, 'slurm', '%A_%a.txt');
  const directives = [
    `--job-name=ablate-${suite}`,
    `--array=0-${runs.length - 1}${parallel === null ? '' : `%${parallel}`}`,
    '--ntasks=1',
    `--cpus-per-task=${cores}`,
    `--mem=${memoryMiB}M`,
    ...(gpu ? ['--gres=gpu:1'] : []),
    `--time=${time}`,
    `--signal=B:TERM@${noticeSeconds}`,
    '--requeue',
    '--open-mode=append',
    `--output="${output}"`,
    ...extra,
  ];
  const options = [
    '--shared',
    '--parallel',
    '1',
    '--out',
    recordsFolder,
    ...(device === null ? [] : ['--device', device]),
  ];
  return `#!/bin/bash
${directives.map((directive) => `#SBATCH ${directive}`).join('\n')}

variants=(${runs.map(({ variant }) => quoted(variant)).join(' ')})
seeds=(${runs.map(({ seed }) => seed).join(' ')})

${quoted(process.execPath)} ${quoted(program)} run ${quoted(suiteFile)} ${options.map(quoted).join(' ')} \\
  --only "\${variants[SLURM_ARRAY_TASK_ID]}" --seeds "\${seeds[SLURM_ARRAY_TASK_ID]}" &
run=$!
trap 'kill -TERM "$run"' TERM
# A signal ends the first wait before the run has ended.
while wait "$run"; code=$?; kill -0 "$run" 2>/dev/null; do :; done
# Saved, and not done: go on in a job of its own.
if [ "$code" = 75 ]; then scontrol requeue "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}"; fi
exit "$code"
`;
}

/** Where a suite's script lies. */
export const slurmScriptFile = (recordsFolder: string, suite: string): string =>
  resolve(recordsFolder, suite, 'slurm', 'job.sbatch');
