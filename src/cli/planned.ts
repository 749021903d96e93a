import { join } from 'node:path';
import { DataError } from '../data/error.js';
import type { Compiler, Device } from '../engine/engine.js';
import { chooseRates } from '../experiment/choose-rates.js';
import { fingerprintOf } from '../experiment/fingerprint.js';
import { type Plan, type PlannedRun, planSuite } from '../experiment/plan.js';
import { type Standing, standingsAnywhere, standingsOf } from '../experiment/standing.js';
import type { OpenedSuite } from '../experiment/suite.js';
import type { RunName } from '../records/folders.js';
import { readPlan, orNull } from '../records/read.js';
import { openSuiteHere } from './open-suite.js';
import type { PluginsOption } from './plugins-option.js';
import type { SettingsOption } from './settings-option.js';
import { fits, fitsNone, parseSeeds, selectRuns } from './select.js';

/** What run, plan and status have in common on the command line. */
export interface PlanSelection extends SettingsOption, PluginsOption {
  readonly only?: string;
  readonly seeds?: string;
  readonly out: string;
  readonly device?: Device;
  readonly compiler?: Compiler;
}

export interface OpenedPlan {
  readonly opened: OpenedSuite;
  readonly plan: Plan;
  /** Those of the plan's runs that `--only` and `--seeds` leave. */
  readonly runs: readonly PlannedRun[];
  readonly suiteFolder: string;
  /** Where each of `runs` stands, what other variants and suites have done included. */
  readonly standings: ReadonlyMap<PlannedRun, Standing>;
}

/**
 * Opens a suite and plans it. Runs that were finished with other seeds earlier stay part of the plan, so that reports
 * keep them, but only `--seeds` trains seeds that the suite does not name.
 *
 * @param needsData whether missing data is an error; else runs are recognised by what their records say about it.
 */
export async function openPlan(file: string, options: PlanSelection, needsData: boolean): Promise<OpenedPlan> {
  const { device, compiler, only } = options;
  const wanted = options.seeds === undefined ? undefined : parseSeeds(options.seeds);
  const opened = await openSuiteHere(file, options);
  const all = opened.variants.map(({ variant }) => variant.name);
  const names = all.filter(fits(only));
  if (names.length === 0 && !opened.suite.tune) throw fitsNone(only, all);
  const suiteFolder = join(options.out, opened.suite.name);
  const classes = opened.variants[0]?.spec.classes;
  const fingerprint = await fingerprintOf(opened.suite.dataset, classes).catch((error: Error) => {
    if (needsData || !(error instanceof DataError)) throw error;
    return null;
  });

  const instead = { device, compiler };
  const untuned = opened.suite.tune ? planSuite(opened, { ...instead, fingerprint }).runs : [];
  const trials = untuned.filter(({ trial }) => trial !== null);
  if (names.length === 0 && !trials.some(({ spec }) => fits(only)(spec.variant))) throw fitsNone(only, all);
  const chosen = chooseRates(trials, standingsAnywhere(trials, suiteFolder));
  const asked = names.flatMap((variant) => [...(wanted ?? [])].map((seed) => ({ variant, seed })));
  const recorded = recordedBeside(opened, suiteFolder, (extra) =>
    planSuite(opened, { ...instead, fingerprint, extra, chosen }),
  );
  const plan = planSuite(opened, { ...instead, fingerprint, extra: [...recorded, ...asked], chosen });
  const runs = selectRuns(plan.runs, only, wanted ?? new Set(opened.suite.seeds));
  const standings = standingsAnywhere(runs, suiteFolder);
  // Which run it is shows when its learning rate is chosen: until then no record is known for its own or another's.
  for (const run of runs) if (run.awaitsTuning) standings.set(run, { state: 'waiting' });
  return { opened, plan, runs, suiteFolder, standings };
}

/** Runs of seeds that the suite does not name, but that an earlier `--seeds` has finished and that still fit it. */
function recordedBeside(
  { suite }: OpenedSuite,
  suiteFolder: string,
  planned: (extra: readonly RunName[]) => Plan,
): RunName[] {
  const before = orNull(readPlan(suiteFolder));
  const own = new Set(suite.seeds);
  const beside = (before?.variants ?? []).flatMap(({ name, runs }) =>
    runs.filter(({ seed }) => !own.has(seed)).map(({ seed }) => ({ variant: name, seed })),
  );
  if (beside.length === 0) return [];
  const named = new Set(beside.map(({ variant, seed }) => `${seed} ${variant}`));
  const runs = planned(beside).runs.filter(({ spec }) => named.has(`${spec.seed} ${spec.variant}`));
  const standings = standingsOf(runs, suiteFolder);
  return runs.filter((run) => standings.get(run)?.state === 'done').map(({ spec }) => spec);
}
