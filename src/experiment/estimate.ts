import { join } from 'node:path';
import type { PlannedRun } from './plan.js';
import { namesIn } from '../records/folders.js';
import { readResult, readRun, orNull } from '../records/read.js';
import type { EngineChoice, Machine } from '../records/run.js';
import { choiceOf } from './engine-choice.js';
import { counted } from '../words/counted.js';

/** How fast a finished run was. */
export interface Speed {
  readonly macs: number;
  readonly params: number;
  readonly imagesPerSecond: number;
  /** Seconds before the first step. */
  readonly startup: number;
  /** Time of evaluation over that of training. */
  readonly evaluation: number;
}

/** How fast a network's steps are. */
export type TimedNetwork = Pick<Speed, 'macs' | 'params' | 'imagesPerSecond'>;

/** How long runs will take, and what that is based on. */
export interface Estimate {
  /** Of all together, divided between those that run at a time. */
  readonly milliseconds: number;
  /** Of each run alone, in the order of `left`. */
  readonly each: readonly number[];
  readonly basis: string;
}

export interface EstimateOptions {
  readonly left: readonly PlannedRun[];
  /** Training pictures an epoch. */
  readonly pictures: number;
  /** Runs at a time. */
  readonly parallel: number;
  /** Threads of each. */
  readonly threads: number;
  readonly speeds: readonly Speed[];
  /** Networks whose training steps were timed just now; they count before anything that was recorded. */
  readonly timed?: readonly TimedNetwork[];
  /** Whether training will be on the CPU by TensorFlow, of which a speed can be assumed. */
  readonly assumable: boolean;
}

/** Forward multiply-adds a second of one core: small networks of the road, TensorFlow with our kernels, one core of an AMD EPYC. */
const assumedMacsPerSecond = 12e9;

/** Finished runs of one variant that are looked at: its seeds are all about as fast. */
const runsAVariant = 3;

/** The engine, without the precision: recipes say that. */
type TrainedOn = Omit<EngineChoice, 'precision'>;

/** The speeds of finished runs in a folder of suites that were made on such a machine by this engine, some of each variant. */
export function findSpeeds(recordsFolder: string, machine: Machine, on: TrainedOn): Speed[] {
  const speeds: Speed[] = [];
  for (const suite of namesIn(recordsFolder)) {
    for (const variant of namesIn(join(recordsFolder, suite))) {
      let taken = 0;
      for (const run of namesIn(join(recordsFolder, suite, variant))) {
        const speed = taken < runsAVariant ? speedOf(join(recordsFolder, suite, variant, run), machine, on) : null;
        if (!speed) continue;
        speeds.push(speed);
        taken++;
      }
    }
  }
  return speeds;
}

function speedOf(folder: string, machine: Machine, on: TrainedOn): Speed | null {
  const result = orNull(readResult(folder));
  const record = result?.status === 'done' ? orNull(readRun(folder)) : null;
  if (!record || result?.status !== 'done' || record.takenFrom !== undefined) return null;
  const here = record.machine.cpu === machine.cpu && record.machine.cores === machine.cores;
  const { engine, gpu, compiler } = choiceOf(record.engine);
  if (!here || engine !== on.engine || gpu !== on.gpu || compiler !== on.compiler) return null;
  const { imagesPerSecond, seconds } = result;
  const { startup, evaluation, training } = seconds;
  return { ...record.cost, imagesPerSecond, startup, evaluation: evaluation / training };
}

/**
 * Estimates how long the runs that are left will take together. A network that was trained before has its own speed;
 * others get the median multiply-adds a second of those that were. Null where there is nothing to judge by.
 */
export function estimateTime({
  left,
  pictures,
  parallel,
  threads,
  speeds,
  timed = [],
  assumable,
}: EstimateOptions): Estimate | null {
  if (left.length === 0) return { milliseconds: 0, each: [], basis: 'nothing is left' };
  const known = timed.length > 0 ? timed : speeds;
  if (known.length === 0 && !assumable) return null;
  const rate =
    median(known.map(({ macs, imagesPerSecond }) => macs * imagesPerSecond)) ?? threads * assumedMacsPerSecond;
  const startup = median(speeds.map((speed) => speed.startup)) ?? 2;
  const evaluation = median(speeds.map((speed) => speed.evaluation)) ?? 0.1;
  let others = 0;
  const secondsOf = ({ macs, params, spec }: PlannedRun): number => {
    const same = known.filter((speed) => speed.macs === macs && speed.params === params);
    const own = median(same.map(({ imagesPerSecond }) => imagesPerSecond));
    if (own === null) others++;
    return startup + ((1 + evaluation) * pictures * spec.recipe.epochs) / (own ?? rate / macs);
  };
  const each = left.map((run) => 1000 * secondsOf(run));
  const source =
    timed.length > 0
      ? `by the steps of ${counted(timed.length, 'network')}, timed just now with their pictures at hand`
      : `by ${counted(speeds.length, 'run')} done on this machine`;
  const basis =
    known.length === 0
      ? `a guess until a run is done on this machine: ${assumedMacsPerSecond / 1e9} G multiply-adds a second and core, right within a factor of 3`
      : `${source}${others > 0 ? `; ${counted(others, 'is of a network that was not among these and goes by its multiply-adds', 'are of networks that were not among these and go by their multiply-adds')}` : ''}`;
  return { milliseconds: makespan(each, parallel), each, basis };
}

/** When the last of jobs ends that are given to `workers` workers, the longest first. */
function makespan(jobs: readonly number[], workers: number): number {
  const ends = Array.from({ length: workers }, () => 0);
  for (const job of [...jobs].sort((a, b) => b - a)) {
    const first = ends.indexOf(Math.min(...ends));
    ends[first] = (ends[first] as number) + job;
  }
  return Math.max(...ends);
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}
