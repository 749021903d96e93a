import { join } from 'node:path';
import { namesIn, type RunName, runFolder } from '../records/folders.js';
import type { PlannedVariant, PlanRecord } from '../records/plan.js';
import { readMetrics, readPlan, readResult, readRun, orNull } from '../records/read.js';
import type { RunRecord } from '../records/run.js';
import { type Course, sumCourse } from './course.js';
import { runPredictions } from './predictions.js';
import { type RunFiles, runState } from './runs.js';
import { readTrials, type TrialResult } from './trials.js';

/** The folder holds no records that a report could be made from; the message says what is missing and what to run. */
export class RecordsError extends Error {
  override readonly name = 'RecordsError';
}

export interface SuiteRecords {
  readonly folder: string;
  readonly plan: PlanRecord;
  /** One for every planned run, started or not, in the plan's order. */
  readonly runs: readonly RunFiles[];
  /** How the runs of each variant went, of those that count: done or not ended, and still what the plan asks for. */
  readonly courses: ReadonlyMap<string, Course>;
  /** Of learning rates, where the suite tunes them. */
  readonly trials: readonly TrialResult[];
  /** Of networks that were trained a second time with one seed, the second run. */
  readonly repeats: readonly RunFiles[];
  /** Folders with records that the plan no longer asks for. */
  readonly unplanned: readonly string[];
}

/**
 * Reads plan.json and the records of every run that it asks for, each file once. Throws a `RecordsError` where there is no
 * usable plan.
 */
export const readSuite = (folder: string): SuiteRecords => readVariants(folder, planOf(folder));

/** The plan of a folder of records. Throws a `RecordsError` where there is no usable one. */
export const readPlanOf = (folder: string): PlanRecord => planOf(folder);

/** The records of some variants of a plan, as if it asked for no others. */
export const readPart = (folder: string, plan: PlanRecord, variants: readonly PlannedVariant[]): SuiteRecords =>
  readVariants(folder, { ...plan, variants });

function readVariants(folder: string, plan: PlanRecord): SuiteRecords {
  const share = createShare();
  const courses = new Map<string, Course>();
  const runs: RunFiles[] = [];
  for (const { name: variant, runs: planned } of plan.variants) {
    const sums = sumCourse();
    for (const { seed, hash } of planned) {
      const { lines, damage } = readMetrics(runFolder(folder, variant, seed));
      const files = readFiles(runFolder(folder, variant, seed), { variant, seed, lines, damage }, share);
      runs.push(files);
      const { status } = runState(files, hash);
      if (status === 'done' || status === 'unfinished') sums.add(lines);
    }
    courses.set(variant, sums.course());
  }
  const repeats = (plan.repeats ?? []).flatMap(({ name: variant, runs: planned }) =>
    planned.map(({ seed }) => {
      const metrics = readMetrics(runFolder(folder, variant, seed));
      return readFiles(runFolder(folder, variant, seed), { variant, seed, ...metrics }, share);
    }),
  );
  const trials = readTrials(folder, plan);
  return { folder, plan, runs, courses, trials, repeats, unplanned: unplannedRuns(folder, plan) };
}

function planOf(folder: string): PlanRecord {
  const file = join(folder, 'plan.json');
  const found = readPlan(folder);
  if (found.state === 'read') return found.value;
  const reason = found.state === 'absent' ? 'does not exist, so there is nothing to report on' : found.reason;
  throw new RecordsError(`${file} ${reason}.\nA folder of records has a plan.json; \`ablate run SUITE\` writes it.`);
}

type Metrics = ReturnType<typeof readMetrics>;

function readFiles(folder: string, { variant, seed, lines, damage }: RunName & Metrics, share: Share): RunFiles {
  const run = readRun(folder);
  const result = readResult(folder);
  const damaged = [run, result].flatMap((found) =>
    found.state === 'damaged' ? [`${found.file} ${found.reason}`] : [],
  );
  const record = orNull(run);
  return {
    variant,
    seed,
    run: record && sharing(record, share),
    result: orNull(result),
    epoch: lines.at(-1)?.epoch ?? null,
    predictions: runPredictions(folder, orNull(result)),
    damaged: damage === null ? damaged : [...damaged, damage],
  };
}

/** One object for all values that are equal. */
type Share = <Value>(value: Value) => Value;

function createShare(): Share {
  const known = new Map<string, unknown>();
  return <Value>(value: Value): Value => {
    const text = JSON.stringify(value);
    const before = known.get(text);
    if (before === undefined) known.set(text, value);
    return (before as Value | undefined) ?? value;
  };
}

/** A record whose larger parts, which are the same in most of a suite's runs, stand in memory once. */
function sharing(record: RunRecord, share: Share): RunRecord {
  const { network, recipe, dataset } = record.spec;
  return {
    ...record,
    spec: { ...record.spec, network: share(network), recipe: share(recipe), dataset: share(dataset) },
    engine: share(record.engine),
    machine: share(record.machine),
    ...(record.plugins && { plugins: share(record.plugins) }),
    ...(record.preparation && { preparation: share(record.preparation) }),
  };
}

function unplannedRuns(folder: string, plan: PlanRecord): string[] {
  const planned = new Set(
    [...(plan.tuning?.trials ?? []), ...(plan.repeats ?? []), ...plan.variants].flatMap(({ name, runs }) =>
      runs.map(({ seed }) => join(name, `seed-${seed}`)),
    ),
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
