import { join } from 'node:path';
import { DataError } from '../data/error.js';
import { openDatasets } from '../data/open.js';
import type { Device } from '../engine/engine.js';
import { datasetFingerprint } from '../experiment/hash.js';
import { type Plan, type PlannedRun, planSuite } from '../experiment/plan.js';
import { recordedSeeds } from '../experiment/store.js';
import { type OpenedSuite, openSuite } from '../experiment/suite.js';
import { parseSeeds, selectRuns } from './select.js';

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
 * Opens a suite and plans it. Seeds that were trained earlier by `--seeds` stay part of the plan.
 *
 * @param needsData whether missing data is an error; else runs are recognised by what their records say about it.
 */
export async function openPlan(file: string, options: PlanSelection, needsData: boolean): Promise<OpenedPlan> {
  const wanted = options.seeds === undefined ? undefined : parseSeeds(options.seeds);
  const opened = await openSuite(file);
  const suiteFolder = join(options.out, opened.suite.name);
  const fingerprint = await openDatasets(opened.suite.dataset).then(datasetFingerprint, (error: Error) => {
    if (needsData || !(error instanceof DataError)) throw error;
    return null;
  });
  const seeds = [...(wanted ?? []), ...(await recordedSeeds(suiteFolder))];
  const plan = planSuite(opened, { device: options.device, seeds, fingerprint });
  return { opened, plan, runs: selectRuns(plan.runs, options.only, wanted), suiteFolder };
}
