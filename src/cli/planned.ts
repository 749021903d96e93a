import { join } from 'node:path';
import { DataError } from '../data/error.js';
import { openDatasets } from '../data/open.js';
import type { Device } from '../engine/engine.js';
import { datasetFingerprint } from '../experiment/hash.js';
import { type Plan, type PlannedRun, planSuite } from '../experiment/plan.js';
import { standingOf } from '../experiment/standing.js';
import { type RunName, recordedRuns } from '../experiment/store.js';
import { type OpenedSuite, openSuite } from '../experiment/suite.js';
import { fits, fitsNone, parseSeeds, selectRuns } from './select.js';

/** What run, plan and status have in common on the command line. */
export interface PlanSelection {
  readonly only?: string;
  readonly seeds?: string;
  readonly out: string;
  readonly device?: Device;
}

export interface OpenedPlan {
  readonly opened: OpenedSuite;
  readonly plan: Plan;
  /** Those of the plan's runs that `--only` and `--seeds` leave. */
  readonly runs: readonly PlannedRun[];
  readonly suiteFolder: string;
}

/**
 * Opens a suite and plans it. Runs that were finished with other seeds earlier stay part of the plan, so that reports
 * keep them, but only `--seeds` trains seeds that the suite does not name.
 *
 * @param needsData whether missing data is an error; else runs are recognised by what their records say about it.
 */
export async function openPlan(file: string, options: PlanSelection, needsData: boolean): Promise<OpenedPlan> {
  const { device, only } = options;
  const wanted = options.seeds === undefined ? undefined : parseSeeds(options.seeds);
  const opened = await openSuite(file);
  const all = opened.variants.map(({ variant }) => variant.name);
  const names = all.filter(fits(only));
  if (names.length === 0) throw fitsNone(only, all);
  const suiteFolder = join(options.out, opened.suite.name);
  const fingerprint = await openDatasets(opened.suite.dataset, opened.variants[0]?.spec.classes).then(
    datasetFingerprint,
    (error: Error) => {
      if (needsData || !(error instanceof DataError)) throw error;
      return null;
    },
  );

  const planned = (extra: readonly RunName[]) => planSuite(opened, { device, fingerprint, extra });
  const recorded = await stillValid(planned(await recordedRuns(suiteFolder)).runs, suiteFolder);
  const asked = names.flatMap((variant) => [...(wanted ?? [])].map((seed) => ({ variant, seed })));
  const plan = planned([...recorded, ...asked]);
  return { opened, plan, runs: selectRuns(plan.runs, only, wanted ?? new Set(opened.suite.seeds)), suiteFolder };
}

async function stillValid(runs: readonly PlannedRun[], suiteFolder: string): Promise<RunName[]> {
  const standings = await Promise.all(runs.map((run) => standingOf(run, suiteFolder)));
  return runs.filter((_, at) => standings[at]?.state === 'done').map(({ spec }) => spec);
}
