import { DataError } from '../data/error.js';
import type { Compiler, Device } from '../engine/engine.js';
import { paidRuns, withinBudget } from '../experiment/budget.js';
import { decide } from '../experiment/decide.js';
import { fingerprintOf } from '../experiment/fingerprint.js';
import { type Plan, type PlannedRun, planSuite } from '../experiment/plan.js';
import { type Standing, standingsAnywhere, standingsOf } from '../experiment/standing.js';
import type { OpenedSuite } from '../experiment/suite.js';
import type { RunName } from '../records/folders.js';
import type { BudgetPart } from '../records/plan.js';
import { readPlan, orNull } from '../records/read.js';
import { type Bought, buy, partOf } from './bought.js';
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
  /** Whether steps are timed where a budget of time needs it. */
  readonly measureCosts?: boolean;
}

export interface OpenedPlan {
  readonly opened: OpenedSuite;
  readonly plan: Plan;
  /** Those of the plan's runs that `--only` and `--seeds` leave, and the budget pays for among them. */
  readonly runs: readonly PlannedRun[];
  /** What the budget pays for of the networks that `--only` leaves; null without a budget. */
  readonly part: BudgetPart | null;
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
  const named = ({ variants, suite }: OpenedSuite): string[] => {
    const all = variants.map(({ variant }) => variant.name);
    const names = all.filter(fits(only));
    if (names.length === 0 && !suite.tune) throw fitsNone(only, all);
    return names;
  };
  let bought: Bought | null = null;
  const afford = async (of: OpenedSuite, plan: Plan): Promise<Plan> => {
    if (of.suite.budget === null) return plan;
    bought ??= await buy(of, plan, options);
    return withinBudget(plan, bought.budget, of.suite.seeds);
  };
  const decided = await decide(
    (choices) => openSuiteHere(file, options, choices),
    options.out,
    async (first) => {
      named(first);
      const fingerprint = await fingerprintOf(first.suite.dataset, first.variants[0]?.spec.classes).catch(
        (error: Error) => {
          if (needsData || !(error instanceof DataError)) throw error;
          return null;
        },
      );
      return { device, compiler, fingerprint };
    },
    afford,
  );
  const { opened, suiteFolder, trials, chosen, sweeps } = decided;
  const names = named(opened);
  if (names.length === 0 && !trials.some(({ spec }) => fits(only)(spec.variant)))
    throw fitsNone(
      only,
      opened.variants.map(({ variant }) => variant.name),
    );
  const asked = names.flatMap((variant) => [...(wanted ?? [])].map((seed) => ({ variant, seed })));
  const planWith = (extra: readonly RunName[]) => planSuite(opened, { ...decided.options, extra, chosen, sweeps });
  const plan = await afford(opened, planWith([...recordedBeside(opened, suiteFolder, planWith), ...asked]));
  const part = partOf(bought);
  const paid = part ? paidRuns(plan.runs, [part], opened.suite.seeds) : plan.runs;
  const runs = selectRuns(paid, only, wanted ?? new Set(opened.suite.seeds));
  const standings = standingsAnywhere(runs, suiteFolder);
  // Which run it is shows when what it waits for is chosen: until then no record is known for its own or another's.
  for (const run of runs) if (run.awaits !== null) standings.set(run, { state: 'waiting' });
  return { opened, plan, runs, part, suiteFolder, standings };
}

/** Runs of seeds that the suite does not name, but that an earlier `--seeds` has finished and that still afford it. */
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
