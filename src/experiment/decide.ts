import { join } from 'node:path';
import type { SweepChoice } from '../records/plan.js';
import type { Choices } from '../roadmap/entry.js';
import { chooseRates } from './choose-rates.js';
import { chooseValue } from './choose-values.js';
import { type Plan, type PlanOptions, type PlannedRun, planSuite, trialRuns } from './plan.js';
import { standingsAnywhere } from './standing.js';
import type { OpenedSuite } from './suite.js';

/** A suite as far as its done runs have decided it. */
export interface Decided {
  readonly opened: OpenedSuite;
  readonly suiteFolder: string;
  readonly options: PlanOptions;
  readonly trials: readonly PlannedRun[];
  /** The factor on its learning rate that is chosen for a network. */
  readonly chosen: ReadonlyMap<string, string>;
  /** The sweeps with `adopt: best` that were decided, and the first that is not; those behind it stand on no network yet. */
  readonly sweeps: readonly SweepChoice[];
}

/**
 * Opens a suite, decides by the records in `out` what it leaves to its runs, opens it with what is decided, and so on from
 * sweep to sweep. Reads only.
 *
 * @param afford leaves of a plan what the suite's budget pays for
 */
export async function decide(
  open: (choices: Choices) => Promise<OpenedSuite>,
  out: string,
  optionsFor: (first: OpenedSuite) => Promise<PlanOptions>,
  afford: (opened: OpenedSuite, plan: Plan) => Promise<Plan>,
): Promise<Decided> {
  const choices = new Map<string, string>();
  const sweeps: SweepChoice[] = [];
  let options: PlanOptions | null = null;
  for (;;) {
    const opened = await open(choices);
    const suiteFolder = join(out, opened.suite.name);
    options ??= await optionsFor(opened);
    const trials = trialRuns(opened, options);
    const chosen = chooseRates(trials, standingsAnywhere(trials, suiteFolder));
    const decided = { opened, suiteFolder, options, trials, chosen };
    const next = opened.sweeps[sweeps.length];
    if (!next) return { ...decided, sweeps };
    const values = new Set(next.values);
    const planned = await afford(opened, planSuite(opened, { ...options, chosen }));
    const ofValues = planned.runs.filter(({ spec, trial }) => values.has(spec.variant) && trial === null);
    const seeds = seedsOfAll(ofValues, next.values);
    const runs = ofValues.filter(({ spec }) => seeds.includes(spec.seed));
    // The budget ends before it.
    if (runs.length === 0) return { ...decided, sweeps };
    const standings = standingsAnywhere(
      runs.filter(({ awaits }) => awaits === null),
      suiteFolder,
    );
    const choice = chooseValue(next, { ...opened.suite, seeds }, standings);
    sweeps.push(choice);
    if (choice.chosen === null) return { ...decided, sweeps };
    choices.set(next.step, choice.chosen);
  }
}

/** The seeds that every value is trained with: what was asked for of one value alone says nothing of which is the best. */
function seedsOfAll(runs: readonly PlannedRun[], values: readonly string[]): number[] {
  const names = new Map<number, Set<string>>();
  for (const { spec } of runs) names.set(spec.seed, (names.get(spec.seed) ?? new Set()).add(spec.variant));
  return [...names].flatMap(([seed, trained]) => (trained.size === values.length ? [seed] : []));
}
