import { join } from 'node:path';
import { namesIn, runFolder } from '../records/folders.js';
import type { MetricsLine } from '../records/metrics.js';
import type { PlanRecord } from '../records/plan.js';
import { readMetrics, readPlan, readResult, readRun, orNull } from '../records/read.js';
import type { RunResult } from '../records/result.js';
import type { RunRecord } from '../records/run.js';

/** The folder holds no records that a report could be made from; the message says what is missing and what to run. */
export class RecordsError extends Error {
  override readonly name = 'RecordsError';
}

/** What one run left behind. A file that is not there is null; one that is damaged is null too, and `damaged` says how. */
export interface RunFiles {
  readonly variant: string;
  readonly seed: number;
  readonly run: RunRecord | null;
  readonly result: RunResult | null;
  readonly metrics: readonly MetricsLine[];
  /** A sentence for each damaged file, which it names first. */
  readonly damaged: readonly string[];
}

export interface SuiteRecords {
  readonly folder: string;
  readonly plan: PlanRecord;
  /** One for every planned run, started or not, in the plan's order. */
  readonly runs: readonly RunFiles[];
  /** Folders with records that the plan no longer asks for. */
  readonly unplanned: readonly string[];
}

/** Reads plan.json and the records of every run that it asks for. Throws a `RecordsError` where there is no usable plan. */
export function readSuite(folder: string): SuiteRecords {
  const plan = planOf(folder);
  const runs = plan.variants.flatMap(({ name, runs }) =>
    runs.map(({ seed }) => readFiles(runFolder(folder, name, seed), name, seed)),
  );
  return { folder, plan, runs, unplanned: unplannedRuns(folder, plan) };
}

function planOf(folder: string): PlanRecord {
  const file = join(folder, 'plan.json');
  const found = readPlan(folder);
  if (found.state === 'read') return found.value;
  const reason = found.state === 'absent' ? 'does not exist, so there is nothing to report on' : found.reason;
  throw new RecordsError(`${file} ${reason}.\nA folder of records has a plan.json; \`ablate run SUITE\` writes it.`);
}

function readFiles(folder: string, variant: string, seed: number): RunFiles {
  const run = readRun(folder);
  const result = readResult(folder);
  const { lines, damage } = readMetrics(folder);
  const damaged = [run, result].flatMap((found) =>
    found.state === 'damaged' ? [`${found.file} ${found.reason}`] : [],
  );
  return {
    variant,
    seed,
    run: orNull(run),
    result: orNull(result),
    metrics: lines,
    damaged: damage === null ? damaged : [...damaged, damage],
  };
}

function unplannedRuns(folder: string, plan: PlanRecord): string[] {
  const planned = new Set(
    plan.variants.flatMap(({ name, runs }) => runs.map(({ seed }) => join(name, `seed-${seed}`))),
  );
  const found: string[] = [];
  for (const variant of namesIn(folder)) {
    for (const run of namesIn(join(folder, variant))) {
      const path = join(variant, run);
      if (/^seed-\d+$/.test(run) && !planned.has(path)) found.push(path);
    }
  }
  return found.sort();
}
