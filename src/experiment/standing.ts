import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { foldersAside, namesIn, runFolder } from '../records/folders.js';
import { runHash } from '../records/hash.js';
import { readPlan, readResult, readRun, orNull } from '../records/read.js';
import type { DoneResult } from '../records/result.js';
import type { RunRecord } from '../records/run.js';
import type { PlannedRun } from './plan.js';

/** Where a planned run stands. */
export type Standing =
  /** `folder` is where its records lie: aside, where the suite was changed and then changed back. */
  | { readonly state: 'done'; readonly result: DoneResult; readonly folder: string }
  /** The same run is done for another variant or suite, in `folder`: it is taken from there. */
  | { readonly state: 'elsewhere'; readonly result: DoneResult; readonly folder: string }
  | { readonly state: 'failed'; readonly reason: string }
  /** Begun and not ended: it goes on from its last checkpoint. */
  | { readonly state: 'begun'; readonly record: RunRecord; readonly folder: string }
  /** The records are those of another network, recipe or dataset; they are moved aside before this run starts. */
  | { readonly state: 'stale'; readonly found: string }
  /** A record is no record; they are all moved aside before this run starts anew. */
  | { readonly state: 'damaged'; readonly reason: string }
  | { readonly state: 'waiting' };

/** Reads where runs stand, each in its own folder and in those set aside for it; writes nothing. */
export function standingsOf(runs: readonly PlannedRun[], suiteFolder: string): Map<PlannedRun, Standing> {
  const listed = new Map<string, VariantFolder>();
  const standings = new Map<PlannedRun, Standing>();
  for (const run of runs) {
    const folder = runFolder(suiteFolder, run.spec.variant, run.spec.seed);
    const variantFolder = dirname(folder);
    const names = listed.get(variantFolder) ?? listFolder(variantFolder);
    listed.set(variantFolder, names);
    standings.set(run, standingIn(run, folder, names));
  }
  return standings;
}

export const standingOf = (run: PlannedRun, suiteFolder: string): Standing =>
  standingsOf([run], suiteFolder).get(run) as Standing;

interface VariantFolder {
  readonly names: ReadonlySet<string>;
  readonly aside: ReadonlyMap<string, readonly string[]>;
}

const listFolder = (folder: string): VariantFolder => ({
  names: new Set(namesIn(folder)),
  aside: foldersAside(folder),
});

function standingIn(run: PlannedRun, folder: string, { names, aside }: VariantFolder): Standing {
  const own: Standing = names.has(basename(folder)) ? readStanding(run, folder) : { state: 'waiting' };
  if (own.state === 'done') return own;
  const others = (aside.get(basename(folder)) ?? []).map((one) => readStanding(run, one));
  const done = others.find(({ state }) => state === 'done');
  const begun = own.state === 'stale' || own.state === 'waiting' ? others.find(({ state }) => state === 'begun') : null;
  return done ?? begun ?? own;
}

function readStanding(run: PlannedRun, folder: string): Standing {
  const result = readResult(folder);
  if (result.state === 'damaged') return { state: 'damaged', reason: `${result.file} ${result.reason}` };
  const known = orNull(result);
  // A result with the run's hash says all; most runs are done, and their run.json need not be read.
  if (known?.status === 'done' && known.hash === run.hash) return { state: 'done', result: known, folder };
  const wrong = ofAnotherKind(folder);
  if (wrong !== null) return { state: 'damaged', reason: wrong };
  const found = readRun(folder);
  if (found.state === 'damaged' && !known) return { state: 'damaged', reason: `${found.file} ${found.reason}` };
  const record = orNull(found);
  const hash = known?.hash ?? record?.hash;
  if (hash === undefined) return { state: 'waiting' };
  if (!belongsTo(run, hash, record)) return { state: 'stale', found: hash };
  if (known?.status === 'done') return { state: 'done', result: known, folder };
  if (known?.status === 'failed') return { state: 'failed', reason: known.reason };
  return record ? { state: 'begun', record, folder } : { state: 'waiting' };
}

/** What a run that goes on writes to, and whether it is a folder. */
const kinds = [
  ['', true],
  ['checkpoint', true],
  ['metrics.jsonl', false],
  ['log.txt', false],
] as const;

/** A file where a folder must be, or the other way round, as a careless copy leaves them: no run could be written there. */
function ofAnotherKind(folder: string): string | null {
  for (const [name, isFolder] of kinds) {
    const path = join(folder, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found && found.isDirectory() !== isFolder)
      return `${path} is ${isFolder ? 'no folder' : 'a folder, where a file should be'}`;
  }
  return null;
}

/** Whether a hash is the run's. Where the dataset is not here, the record's word on its content is taken. */
function belongsTo({ hash, design, fingerprint }: PlannedRun, found: string, record: RunRecord | null): boolean {
  if (found === hash) return true;
  return fingerprint === null && record?.hash === found && found === runHash(design, record.datasetFingerprint);
}

/**
 * The same with what other variants and other suites under the same folder of records have done: a run of one hash is
 * trained once, whoever asks for it.
 */
export function standingsAnywhere(runs: readonly PlannedRun[], suiteFolder: string): Map<PlannedRun, Standing> {
  const standings = standingsOf(runs, suiteFolder);
  const wanted = new Set<string>();
  for (const [run, { state }] of standings) if (state !== 'done' && run.fingerprint !== null) wanted.add(run.hash);
  if (wanted.size === 0) return standings;
  const found = findDone(wanted, suiteFolder, standings);
  for (const [run, { state }] of standings) {
    const source = state === 'done' ? undefined : found.get(run.hash);
    if (source) standings.set(run, { ...source, state: 'elsewhere' });
  }
  return standings;
}

/** Done runs by hash: first those just looked at, then all that the plans of this suite and its neighbours name. */
function findDone(
  wanted: ReadonlySet<string>,
  suiteFolder: string,
  own: ReadonlyMap<PlannedRun, Standing>,
): Map<string, { readonly folder: string; readonly result: DoneResult }> {
  const found = new Map<string, { folder: string; result: DoneResult }>();
  for (const [{ hash }, standing] of own) {
    if (standing.state === 'done' && wanted.has(hash)) found.set(hash, standing);
  }
  for (const { hash, folder } of plannedRuns(dirname(suiteFolder))) {
    if (!wanted.has(hash) || found.has(hash)) continue;
    const result = orNull(readResult(folder));
    if (result?.status === 'done' && result.hash === hash) found.set(hash, { folder, result });
  }
  return found;
}

/** The runs that the suites of a folder of records ask for, by their plans. */
function* plannedRuns(recordsFolder: string): Generator<{ readonly hash: string; readonly folder: string }> {
  for (const name of namesIn(recordsFolder)) {
    const folder = join(recordsFolder, name);
    const plan = orNull(readPlan(folder));
    for (const variant of [...(plan?.tuning?.trials ?? []), ...(plan?.repeats ?? []), ...(plan?.variants ?? [])]) {
      for (const { seed, hash } of variant.runs) yield { hash, folder: runFolder(folder, variant.name, seed) };
    }
  }
}
