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
  /** Read anew whenever asked for: of ten thousand runs they would fill the memory, and few are drawn. */
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
  const share = createShare();
  const runs = plan.variants.flatMap(({ name, runs }) =>
    runs.map(({ seed }) => readFiles(runFolder(folder, name, seed), name, seed, share)),
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

function readFiles(folder: string, variant: string, seed: number, share: Share): RunFiles {
  const run = readRun(folder);
  const result = readResult(folder);
  const { damage } = readMetrics(folder);
  const damaged = [run, result].flatMap((found) =>
    found.state === 'damaged' ? [`${found.file} ${found.reason}`] : [],
  );
  const record = orNull(run);
  return {
    variant,
    seed,
    run: record && sharing(record, share),
    result: orNull(result),
    get metrics() {
      return readMetrics(folder).lines;
    },
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
