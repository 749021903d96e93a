import type { PlannedVariant } from '../records/plan.js';
import type { RunResult } from '../records/result.js';
import type { RunRecord } from '../records/run.js';
import type { CorrectBySeed } from '../statistics/pictures.js';
import type { RunPredictions } from './predictions.js';

/** What one run left behind. A file that is not there is null; one that is damaged is null too, and `damaged` says how. */
export interface RunFiles {
  readonly variant: string;
  readonly seed: number;
  readonly run: RunRecord | null;
  readonly result: RunResult | null;
  /** Where its metrics end; null where it has none. */
  readonly epoch: number | null;
  readonly predictions: RunPredictions;
  /** A sentence for each damaged file, which it names first. */
  readonly damaged: readonly string[];
}

type DoneResult = Extract<RunResult, { status: 'done' }>;

/** What became of a planned run. `stale`: its record is of an earlier version of the suite and must not be counted. */
export type RunState = { readonly seed: number; readonly files: RunFiles } & (
  | { readonly status: 'done'; readonly result: DoneResult }
  | { readonly status: 'failed'; readonly reason: string }
  /** Its accuracy is no share, so that nothing is computed from it. */
  | { readonly status: 'impossible'; readonly found: string }
  | { readonly status: 'unfinished'; readonly epoch: number | null }
  | { readonly status: 'stale' }
  | { readonly status: 'missing' }
);

export function runState(files: RunFiles, plannedHash: string): RunState {
  const { seed, run, result } = files;
  const hash = result?.hash ?? run?.hash;
  if (hash === undefined) return { seed, files, status: 'missing' };
  if (hash !== plannedHash) return { seed, files, status: 'stale' };
  if (result?.status === 'done') {
    const found: unknown = result.top1;
    if (typeof found === 'number' && found >= 0 && found <= 1) return { seed, files, status: 'done', result };
    return { seed, files, status: 'impossible', found: JSON.stringify(found) ?? 'nothing' };
  }
  if (result?.status === 'failed') return { seed, files, status: 'failed', reason: result.reason };
  return { seed, files, status: 'unfinished', epoch: files.epoch };
}

/** Runs by variant and seed. */
export type RunIndex = ReadonlyMap<string, ReadonlyMap<number, RunFiles>>;

export function indexRuns(runs: readonly RunFiles[]): RunIndex {
  const index = new Map<string, Map<number, RunFiles>>();
  for (const files of runs) {
    const bySeed = index.get(files.variant) ?? new Map<number, RunFiles>();
    index.set(files.variant, bySeed.set(files.seed, files));
  }
  return index;
}

/** The states of a variant's runs, in the order of the plan's seeds. */
export function statesOf(variant: PlannedVariant, runs: RunIndex): RunState[] {
  return variant.runs.flatMap(({ seed, hash }) => {
    const files = runs.get(variant.name)?.get(seed);
    return files ? [runState(files, hash)] : [];
  });
}

export const doneRuns = (states: readonly RunState[]) => states.filter((state) => state.status === 'done');

/** Whether each test picture was right, of the runs that keep it. */
export const correctOf = (runs: ReturnType<typeof doneRuns>): CorrectBySeed =>
  new Map(
    runs.flatMap(({ seed, files }) => {
      const right = files.predictions.correct();
      return right ? [[seed, right] as const] : [];
    }),
  );
