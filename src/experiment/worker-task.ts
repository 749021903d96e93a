import type { GroupOptions } from '../engine/group.js';
import type { EngineChoice, RunSpec } from '../records/run.js';
import type { Aspect } from './engine-choice.js';

/** A run to be trained. */
export interface RunTask {
  readonly spec: RunSpec;
  readonly hash: string;
  readonly folder: string;
  /** Of each of its processes. */
  readonly threads: number;
  /** The graphics card of each of its processes, as CUDA_VISIBLE_DEVICES names it; null leaves the choice to the engine. */
  readonly gpus: readonly (string | null)[];
  readonly eager: boolean;
  /** What a recipe's `precision: auto` is to be; null leaves it to the engine. */
  readonly precision: 'float32' | 'bfloat16' | null;
  /** What it has to run on, where the run or its suite has begun already; null is whatever the device comes to. */
  readonly engine: EngineChoice | null;
  /** What of `engine` may be otherwise, because it was asked for by name. */
  readonly named: readonly Aspect[];
  readonly codeVersion: string;
  /** Processes that train it together. */
  readonly ranks: number;
  /** Which of them is this program's, and where each listens; left out, all are, on this machine. */
  readonly seat?: Seat | null;
}

/** One rank of several programs', each started by somebody else. */
export interface Seat {
  /** host:port of every rank. */
  readonly hosts: readonly string[];
  readonly rank: number;
}

/** What a worker is told: the run, and its own place in it. */
export interface WorkerTask extends Omit<RunTask, 'ranks' | 'seat' | 'gpus'> {
  readonly gpu: string | null;
  /** Where the process is to print from now on, where it does not already. */
  readonly log?: string;
  /** Where it stands among the ranks; null is alone. */
  readonly group: GroupOptions | null;
}

/** What runs have in common that differ in their seed alone. */
export const trainedAlike = ({ network, recipe, dataset }: RunSpec): string =>
  JSON.stringify([network, recipe, dataset]);

/**
 * Whether its process may do another run after it: not as one of several ranks, nor with plug-ins, whose code may keep
 * what it likes.
 */
export const mayShareProcess = ({ spec, group }: Pick<WorkerTask, 'spec' | 'group'>): boolean =>
  group === null && spec.plugins.length === 0;

/**
 * Exit codes of a worker: result.json says more where there is one. `unable`: engine, data or disk missing, so for every
 * run. `lost`: another rank is gone, and all are to go on from the last checkpoint.
 */
export const workerExit = { finished: 0, unable: 3, interrupted: 75, crashed: 70, lost: 76 } as const;
