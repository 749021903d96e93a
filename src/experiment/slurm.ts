import { join, resolve } from 'node:path';
import type { RunName } from '../records/folders.js';
import { quoted } from '../shell/quoted.js';

/** What array jobs ask Slurm for. */
export interface SlurmJob {
  readonly suite: string;
  /** Absolute paths: a job starts in a folder of the cluster's choice. */
  readonly program: string;
  readonly suiteFile: string;
  readonly recordsFolder: string;
  readonly runs: readonly RunName[];
  /** Runs that a task of the array trains one after the other. */
  readonly runsPerTask: number;
  /** Fields of the suite that are otherwise than in its file: `recipe.epochs=2`. */
  readonly settings?: readonly string[];
  readonly device: string | null;
  /** Processes that train a run together, each a task with cores, memory and, with `gpu`, a card of its own. */
  readonly ranks?: number;
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
export const noticeSeconds = 120;

/** Starts in a row that may end where they began. */
const idleStarts = 3;

/**
 * The text of an sbatch array script. Short of its time limit a task saves its state and is queued again, so that the limit
 * needs not cover a whole run.
 *
 * The notice has a signal of its own, and only after it a task asks to be queued again: SIGTERM comes of preemption, where
 * Slurm queues the task by itself, and of scancel, which a requeue would undo. Slurm sends SIGTERM to every process of the
 * task, the shell included; one that it passed on would be the second.
 */
export function slurmScript(job: SlurmJob): string {
  const { suite, program, suiteFile, recordsFolder, runs, runsPerTask, device, cores, memoryMiB, gpu, time } = job;
  const { parallel, extra, ranks = 1, settings = [] } = job;
  const tasks = Math.ceil(runs.length / runsPerTask);
  const output = `${join(recordsFolder, suite, 'slurm').replaceAll('%', '%%')}/%A_%a.txt`;
  const directives = [
    `--job-name=ablate-${suite}`,
    `--array=0-${tasks - 1}${parallel === null ? '' : `%${parallel}`}`,
    `--ntasks=${ranks}`,
    `--cpus-per-task=${cores}`,
    // Of a node, which may have several of the tasks.
    ranks > 1 ? `--mem-per-cpu=${Math.ceil(memoryMiB / cores)}M` : `--mem=${memoryMiB}M`,
    ...(gpu ? [ranks > 1 ? '--gpus-per-task=1' : '--gres=gpu:1'] : []),
    `--time=${time}`,
    `--signal=B:USR1@${noticeSeconds}`,
    '--requeue',
    '--open-mode=append',
    `--output=${output}`,
    ...extra,
  ];
  const options = [
    ...['--shared', '--parallel', '1', '--give-up-after', String(idleStarts), '--out', recordsFolder],
    ...(device === null ? [] : ['--device', device]),
    ...settings.flatMap((text) => ['--set', text]),
  ];
  const node = quoted(process.execPath);
  const starter = ranks > 1 ? `${stepOf(ranks, cores)} bash -c 'exec "$0" "$@" --rank "$SLURM_PROCID"' ${node}` : node;
  const self = `"\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}"`;
  // srun takes SIGTERM for a wish to kill its tasks; they are told by Slurm, which leaves this script out.
  const tell = ranks > 1 ? `scancel --signal=TERM ${self}` : 'kill -TERM "$run"';
  return `#!/bin/bash
${directives.map((directive) => `#SBATCH ${directiveWord(directive)}`).join('\n')}

variants=(${runs.map(({ variant }) => quoted(variant)).join(' ')})
seeds=(${runs.map(({ seed }) => seed).join(' ')})
each=${runsPerTask}

${ranks > 1 ? addressesOf(ranks, cores) : ''}told=0 run=
trap 'told=1; [ -z "$run" ] || ${tell}' USR1
# Slurm tells the program itself; here is only to wait for it.
trap : TERM
worst=0
for ((at = SLURM_ARRAY_TASK_ID * each; at < (SLURM_ARRAY_TASK_ID + 1) * each && at < \${#seeds[@]}; at++)); do
  code=75
  [ "$told" = 0 ] || break
  ${starter} ${quoted(program)} run ${quoted(suiteFile)} ${options.map(quoted).join(' ')} \\
    --only "\${variants[at]}" --seeds "\${seeds[at]}"${ranks > 1 ? ' --hosts "$hosts"' : ''} &
  run=$!
  # A signal ends the first wait before the run has ended.
  while wait "$run"; code=$?; kill -0 "$run" 2>/dev/null; do :; done
  run=
  # Told to end before it could listen: nothing is lost.
  if [ "$code" = 143 ]; then code=75; fi
  if [ "$code" = 75 ]; then break; fi
  if [ "$code" != 0 ]; then worst=$code; fi
done
if [ "$code" != 75 ]; then exit "$worst"; fi
# Saved, and not done: go on in a job of its own.
if [ "$told" = 1 ]; then scontrol requeue ${self}; fi
exit 75
`;
}

/** How all tasks of a job run one program; what is left of them ends some minutes after the first has ended. */
const stepOf = (ranks: number, cores: number): string =>
  `srun --mpi=none --ntasks=${ranks} --cpus-per-task=${cores} --kill-on-bad-exit=0 --wait=300`;

/** Sets `hosts` to an address of each task, with a port that is free where it runs, in their order. */
function addressesOf(ranks: number, cores: number): string {
  const say =
    'const s = net.createServer().listen(0, () => { console.log(process.env.SLURM_PROCID, os.hostname() + ":" + s.address().port); s.close(); })';
  return `hosts=$(${stepOf(ranks, cores)} ${quoted(process.execPath)} -e ${quoted(say)} | sort -n | cut -d' ' -f2 | paste -sd,)
`;
}

/** A directive's one word as sbatch reads it: in double quotes where it has spaces or quotes, which a backslash keeps. */
const directiveWord = (word: string): string =>
  /^[\w./,:=@%+-]+$/.test(word) ? word : `"${word.replaceAll(/["\\]/g, '\\$&')}"`;

/** Where the script of a suite's array lies; with several arrays, that of each. */
export const slurmScriptFile = (recordsFolder: string, suite: string, array: number | null = null): string =>
  resolve(recordsFolder, suite, 'slurm', array === null ? 'job.sbatch' : `job-${array + 1}.sbatch`);

/** Runs in arrays of at most so many tasks each, which is what Slurm calls MaxArraySize. */
export function inArrays(runs: readonly RunName[], runsPerTask: number, mostTasks: number): RunName[][] {
  const most = runsPerTask * mostTasks;
  return Array.from({ length: Math.ceil(runs.length / most) }, (_, at) => runs.slice(at * most, (at + 1) * most));
}

/** Seconds of a time limit in Slurm's notation: minutes, minutes:seconds, hours:minutes:seconds, or days-hours with more. */
export function limitSeconds(time: string): number {
  const [days, rest] = time.includes('-') ? (time.split('-') as [string, string]) : ['0', time];
  const parts = rest.split(':').map(Number);
  const [hours, minutes, seconds] =
    time.includes('-') || parts.length === 3 ? [parts[0], parts[1], parts[2]] : [0, parts[0], parts[1]];
  return ((Number(days) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0);
}
