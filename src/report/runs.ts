import type { PlannedVariant } from '../records/plan.js';
import type { RunResult } from '../records/result.js';
import type { RunFiles } from './read.js';

type DoneResult = Extract<RunResult, { status: 'done' }>;

/** What became of a planned run. `stale`: its record is of an earlier version of the suite and must not be counted. */
export type RunState = { readonly seed: number; readonly files: RunFiles } & (
  | { readonly status: 'done'; readonly result: DoneResult }
  | { readonly status: 'failed'; readonly reason: string }
  | { readonly status: 'unfinished'; readonly epoch: number | null }
  | { readonly status: 'stale' }
  | { readonly status: 'missing' }
);

function runState(files: RunFiles, plannedHash: string): RunState {
  const { seed, run, result, metrics } = files;
  const hash = result?.hash ?? run?.hash;
  if (hash === undefined) return { seed, files, status: 'missing' };
  if (hash !== plannedHash) return { seed, files, status: 'stale' };
  if (result?.status === 'done') return { seed, files, status: 'done', result };
  if (result?.status === 'failed') return { seed, files, status: 'failed', reason: result.reason };
  return { seed, files, status: 'unfinished', epoch: metrics.at(-1)?.epoch ?? null };
}

/** The states of a variant's runs, in the order of the plan's seeds. */
export function statesOf(variant: PlannedVariant, runs: readonly RunFiles[]): RunState[] {
  return variant.runs.flatMap(({ seed, hash }) => {
    const files = runs.find((run) => run.variant === variant.name && run.seed === seed);
    return files ? [runState(files, hash)] : [];
  });
}

export const doneRuns = (states: readonly RunState[]) => states.filter((state) => state.status === 'done');
