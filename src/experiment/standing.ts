import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { runHash } from './hash.js';
import type { PlannedRun } from './plan.js';
import type { RunRecord, RunResult } from './records.js';
import { readJson, readResult, runFolder } from './store.js';

export type DoneResult = Extract<RunResult, { status: 'done' }>;

/** Where a planned run stands. */
export type Standing =
  /** `folder` is where its records lie: aside, where the suite was changed and then changed back. */
  | { readonly state: 'done'; readonly result: DoneResult; readonly record: RunRecord | null; readonly folder: string }
  | { readonly state: 'failed'; readonly reason: string }
  /** Begun and not ended: it goes on from its last checkpoint. */
  | { readonly state: 'begun'; readonly record: RunRecord | null; readonly folder: string }
  /** The records are those of another network, recipe or dataset; they are moved aside before this run starts. */
  | { readonly state: 'stale'; readonly found: string }
  | { readonly state: 'waiting' };

/** Reads where a run stands, in its own folder and in those set aside; writes nothing. */
export async function standingOf(run: PlannedRun, suiteFolder: string): Promise<Standing> {
  const folder = runFolder(suiteFolder, run.spec.variant, run.spec.seed);
  const own = await readStanding(run, folder);
  if (own.state === 'done') return own;
  const aside = await Promise.all((await foldersAside(folder)).map((one) => readStanding(run, one)));
  const done = aside.find(({ state }) => state === 'done');
  const begun = own.state === 'stale' || own.state === 'waiting' ? aside.find(({ state }) => state === 'begun') : null;
  return done ?? begun ?? own;
}

async function readStanding(run: PlannedRun, folder: string): Promise<Standing> {
  const result = await readResult(folder);
  const record = await readJson<RunRecord>(join(folder, 'run.json'));
  const found = result?.hash ?? record?.hash;
  if (found === undefined) return { state: 'waiting' };
  if (!belongsTo(run, found, record)) return { state: 'stale', found };
  if (result?.status === 'done') return { state: 'done', result, record, folder };
  if (result?.status === 'failed') return { state: 'failed', reason: result.reason };
  return { state: 'begun', record, folder };
}

/** Whether a hash is the run's. Where the dataset is not here, the record's word on its content is taken. */
function belongsTo({ hash, design, fingerprint }: PlannedRun, found: string, record: RunRecord | null): boolean {
  if (found === hash) return true;
  return fingerprint === null && record?.hash === found && found === runHash(design, record.datasetFingerprint);
}

/** The folders beside a run's that hold what was set aside for it. */
async function foldersAside(folder: string): Promise<string[]> {
  const names = await readdir(dirname(folder)).catch((): string[] => []);
  return names
    .filter((name) => name.startsWith(`stale-${basename(folder)}-`))
    .map((name) => join(dirname(folder), name));
}
