import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Availability } from '../engine/available.js';
import type { Machine } from '../records/run.js';
import type { ShareableMachine } from './share.js';

/** The package's own folder. */
export const packageFolder = fileURLToPath(new URL('../../', import.meta.url));

/** What a run was made on. Cores and memory are those that this process may use. */
export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: Math.max(1, Math.min(availableParallelism(), Math.floor(cpuQuota()), slurmCores())),
    memoryBytes: availableMemory(),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
  };
}

/** What Slurm gives a task, which it keeps to its cores only where the cluster binds them; Infinity outside Slurm. */
const slurmCores = (): number => Number(process.env['SLURM_CPUS_PER_TASK']) || Number.POSITIVE_INFINITY;

/** Cores' worth of time that the control group allows; Infinity without a limit. */
function cpuQuota(): number {
  const [quota, period] = (readFirst('/sys/fs/cgroup/cpu.max') ?? 'max').split(' ').map(Number) as [number, number?];
  return quota > 0 && period ? quota / period : Number.POSITIVE_INFINITY;
}

/** Memory that this process may use: the machine's, or its control group's where that is less. */
function availableMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}

/** What runs of an engine share besides cores and memory; see `shareMachine`. */
export const devicesFor = ({
  engine,
  gpu,
}: Pick<Availability, 'engine' | 'gpu'>): Pick<ShareableMachine, 'gpus' | 'oneDevice'> => ({
  gpus: engine === 'tensorflow' && gpu ? visibleGpus() : [],
  oneDevice: engine === 'webgpu',
});

/** NVIDIA cards that this process may use, as CUDA_VISIBLE_DEVICES names them. */
function visibleGpus(): string[] {
  const chosen = process.env.CUDA_VISIBLE_DEVICES;
  if (chosen !== undefined)
    return chosen
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && name !== '-1');
  try {
    return readdirSync('/proc/driver/nvidia/gpus').map((_, index) => String(index));
  } catch {
    return [];
  }
}

/** What decides a run's numbers, beside the network and the recipe, which its hash has. */
const computing = [
  ...['architecture', 'data', 'engine', 'experiment', 'layers', 'random', 'training', 'weights'].map(
    (folder) => `src/${folder}`,
  ),
  ...['native', 'package.json', 'package-lock.json'],
];

/**
 * The package's version; where it runs from a clone with the last commit that changed what computes, and `+changes` where
 * that was changed since: runs before and after a change of a report or a text are of one code.
 */
export function codeVersion(folder = packageFolder): string {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  if (!existsSync(join(folder, '.git'))) return version;
  const git = (...args: string[]) =>
    execFileSync('git', [...args, '--', ...computing], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const commit = git('log', '-1', '--format=%h');
    return `${version}-${commit}${git('status', '--porcelain') ? '+changes' : ''}`;
  } catch {
    // A clone without git on the path: the version is all that can be said.
    return version;
  }
}

function readFirst(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}
