import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MetricsLine, PlanRecord, RunRecord, RunResult } from '../experiment/records.js';

/** The folder holds no records that a report could be made from; the message says what is missing and what to run. */
export class RecordsError extends Error {
  override readonly name = 'RecordsError';
}

/** What one run left behind. A file that is not there is null; one that cannot be read is null and named in `damaged`. */
export interface RunFiles {
  readonly variant: string;
  readonly seed: number;
  readonly run: RunRecord | null;
  readonly result: RunResult | null;
  readonly metrics: readonly MetricsLine[];
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
export async function readSuite(folder: string): Promise<SuiteRecords> {
  const plan = await readPlan(folder);
  const runs = await Promise.all(
    plan.variants.flatMap(({ name, runs }) =>
      runs.map(({ seed }) => readRun(join(folder, name, `seed-${seed}`), name, seed)),
    ),
  );
  return { folder, plan, runs, unplanned: await unplannedRuns(folder, plan) };
}

async function readPlan(folder: string): Promise<PlanRecord> {
  const file = join(folder, 'plan.json');
  const text = await readText(file);
  if (text === null) {
    throw new RecordsError(
      `${file} does not exist, so there is nothing to report on.\nA folder of records has a plan.json, written by \`ablate run SUITE\`.`,
    );
  }
  const plan = parseJson(text) as PlanRecord | undefined;
  if (plan?.schema !== 'ablate/plan/1' || !Array.isArray(plan.variants)) {
    throw new RecordsError(
      `${file} is no plan of this version (expected "schema": "ablate/plan/1").\n\`ablate run SUITE\` writes it anew.`,
    );
  }
  return plan;
}

async function readRun(folder: string, variant: string, seed: number): Promise<RunFiles> {
  const damaged: string[] = [];
  const readJson = async <T extends { schema: string }>(name: string, schema: T['schema']): Promise<T | null> => {
    const text = await readText(join(folder, name));
    if (text === null) return null;
    const value = parseJson(text) as T | undefined;
    if (value?.schema === schema) return value;
    damaged.push(join(folder, name));
    return null;
  };
  const run = await readJson<RunRecord>('run.json', 'ablate/run/1');
  const result = await readJson<RunResult>('result.json', 'ablate/result/1');
  const lines = ((await readText(join(folder, 'metrics.jsonl'))) ?? '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const metrics = lines.map(parseJson);
  // A run that is cut off may leave half a last line; half a line anywhere else is damage.
  if (metrics.slice(0, -1).includes(undefined)) damaged.push(join(folder, 'metrics.jsonl'));
  return {
    variant,
    seed,
    run,
    result,
    metrics: metrics.filter((line) => line !== undefined) as MetricsLine[],
    damaged,
  };
}

async function unplannedRuns(folder: string, plan: PlanRecord): Promise<string[]> {
  const planned = new Set(
    plan.variants.flatMap(({ name, runs }) => runs.map(({ seed }) => join(name, `seed-${seed}`))),
  );
  const found: string[] = [];
  for (const variant of await foldersIn(folder)) {
    for (const run of await foldersIn(join(folder, variant))) {
      const path = join(variant, run);
      if (/^seed-\d+$/.test(run) && !planned.has(path)) found.push(path);
    }
  }
  return found.sort();
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
