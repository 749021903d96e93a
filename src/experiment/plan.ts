import { strategyName } from '../config/strategy.js';
import type { Compiler, Device } from '../engine/engine.js';
import type { RunName } from '../records/folders.js';
import { designHash, protocolHash, runHash } from '../records/hash.js';
import type { PlanRecord, SweepChoice } from '../records/plan.js';
import type { RunSpec } from '../records/run.js';
import { passSize } from './build-variants.js';
import type { OpenedSuite, SuiteVariant } from './suite.js';
import { type Trial, trialsOf, withRate } from './tuning.js';

/** A run of a plan: what a worker is given, and what it will cost. */
export interface PlannedRun {
  readonly spec: RunSpec;
  /** Hash of all but the pictures. */
  readonly design: string;
  /** Null where the dataset is not here; `hash` then belongs to no record. */
  readonly fingerprint: string | null;
  readonly hash: string;
  readonly macs: number;
  readonly params: number;
  /** Pictures a pass. */
  readonly batchSize: number;
  /** Estimate of a step's memory. */
  readonly bytes: number;
  /** Set: no run to compare, but one to choose its variant's learning rate by. */
  readonly trial: Pick<Trial, 'variant' | 'factor'> | null;
  /** Set: this variant's first seed once more, to see what the device does by itself. */
  readonly again: string | null;
  /** What must be chosen first, in words; until then it is planned without, and its hash is not known. */
  readonly awaits: string | null;
}

export interface Plan {
  readonly record: PlanRecord;
  /** Trials first, which decide on the others. */
  readonly runs: readonly PlannedRun[];
}

export interface PlanOptions {
  /** Instead of the suite's. */
  readonly device?: Device | undefined;
  readonly compiler?: Compiler | undefined;
  /** Runs beside those of the suite's own seeds. */
  readonly extra?: readonly RunName[] | undefined;
  /** Of the dataset's content; left out where it is not here. */
  readonly fingerprint?: string | null | undefined;
  /** How the sweeps stand that leave their value to their runs. */
  readonly sweeps?: readonly SweepChoice[] | undefined;
  /** The factor on its learning rate that was chosen for a variant, where the suite tunes rates. */
  readonly chosen?: ReadonlyMap<string, string> | undefined;
}

/** Every run that a suite asks for, variant by variant, seed by seed. Trains nothing. */
export function planSuite(opened: OpenedSuite, options: PlanOptions = {}): Plan {
  const { suite, variants, warnings } = opened;
  const { tune } = suite;
  const chosen = options.chosen ?? new Map<string, string>();
  const trials = planTrials(opened, options);
  const seedsOf = seedsByVariant(suite.seeds, options.extra ?? []);
  const byName = new Map(variants.map((one) => [one.variant.name, one]));
  const runs: PlannedRun[] = [];
  const repeats: (PlannedRun & { readonly again: string })[] = [];
  const planned = variants.map((one) => {
    const { variant, built, sameAs } = one;
    // What changes nothing is the run that it would repeat, by its hash too.
    const trained = (sameAs === null ? undefined : byName.get(sameAs)) ?? one;
    const factor = tune ? (chosen.get(trained.variant.name) ?? null) : 'x1';
    const tuned = { ...trained, recipe: withRate(trained.recipe, factor ?? 'x1') };
    const awaits = awaitedBy(variant) ?? (factor === null ? 'its learning rate' : null);
    const own = planVariant(variant.name, tuned, seedsOf(variant.name), opened, options).map(awaiting(awaits));
    runs.push(...own);
    if (suite.repeat.includes(variant.name)) {
      const again = planVariant(`${variant.name}@again`, tuned, suite.seeds.slice(0, 1), opened, options, 'repeat');
      repeats.push(...again.map((run) => ({ ...run, again: variant.name })).map(awaiting(awaits)));
    }
    return {
      name: variant.name,
      kind: variant.kind,
      step: variant.step,
      title: variant.title,
      section: variant.group,
      parent: variant.parent,
      adopted: variant.adopted,
      steps: variant.stepNames,
      resolution: built.resolution,
      macs: built.macs,
      params: built.params,
      ...(sameAs !== null && { sameAs }),
      runs: own.map(({ spec, hash }) => ({ seed: spec.seed, hash })),
    };
  });
  const record: PlanRecord = {
    schema: 'ablate/plan/1',
    suite: suite.name,
    description: suite.description,
    dataset: suite.dataset.name,
    base: suite.network.base,
    strategy: strategyName(suite.strategy),
    wholeRoad: opened.wholeRoad,
    ...(opened.arrangement && { arrangement: opened.arrangement }),
    report: suite.report,
    ...(suite.validation && { validation: suite.validation }),
    seeds: sorted(new Set(runs.map(({ spec }) => spec.seed))),
    ...(warnings.length > 0 && { warnings: warnings.map(({ message }) => message) }),
    ...(tune && {
      tuning: {
        trials: trials.map(({ trial, own }) => ({
          name: trial.name,
          variant: trial.variant,
          factor: trial.factor,
          runs: own.map(({ spec, hash }) => ({ seed: spec.seed, hash })),
        })),
        chosen: [...chosen].map(([variant, factor]) => ({ variant, factor })),
      },
    }),
    ...(repeats.length > 0 && {
      repeats: repeats.map(({ spec, hash, again }) => ({
        name: spec.variant,
        variant: again,
        runs: [{ seed: spec.seed, hash }],
      })),
    }),
    ...(options.sweeps && options.sweeps.length > 0 && { choices: options.sweeps }),
    variants: planned,
  };
  return { record, runs: [...trials.flatMap(({ own }) => own), ...runs, ...repeats] };
}

const awaitedBy = ({ awaits }: SuiteVariant['variant']): string | null =>
  awaits === null ? null : `the value of ${awaits}`;

const awaiting =
  (what: string | null) =>
  <Run extends PlannedRun>(run: Run): Run =>
    what === null ? run : { ...run, hash: runHash(run.design, what), awaits: what };

/** The trials of a suite that tunes learning rates, with their runs; of any other none. */
function planTrials(opened: OpenedSuite, options: PlanOptions): { trial: Trial; own: PlannedRun[] }[] {
  const { suite, variants } = opened;
  const { tune } = suite;
  if (!tune) return [];
  const byName = new Map(variants.map((one) => [one.variant.name, one]));
  return trialsOf(variants, tune).map((trial) => {
    const of = byName.get(trial.variant) as SuiteVariant;
    const network = { ...of, recipe: trial.recipe };
    const runs = planVariant(trial.name, network, sorted(new Set(tune.seeds)), opened, options, 'trial');
    return { trial, own: runs.map((run) => ({ ...run, trial })).map(awaiting(awaitedBy(of.variant))) };
  });
}

/** The runs by which learning rates are chosen. */
export const trialRuns = (opened: OpenedSuite, options: PlanOptions): PlannedRun[] =>
  planTrials(opened, options).flatMap(({ own }) => own);

/** The runs of a network under the name of a variant. */
function planVariant(
  name: string,
  { spec: network, recipe, built: { digest, macs, params, bytes } }: SuiteVariant,
  seeds: readonly number[],
  { suite, pluginCode }: OpenedSuite,
  options: PlanOptions,
  kind: 'trial' | 'repeat' | null = null,
): PlannedRun[] {
  const used = new Set(network.steps.flatMap(({ id }) => pluginCode.origins.get(id) ?? []));
  const plugins = pluginCode.contents.filter(({ file }) => used.has(file));
  const fingerprint = options.fingerprint ?? null;
  const common: Omit<RunSpec, 'seed'> = {
    suite: suite.name,
    variant: name,
    network,
    recipe,
    dataset: suite.dataset,
    ...(suite.validation && { validation: suite.validation }),
    ...(kind !== null && { [kind]: true as const }),
    device: options.device ?? suite.runner.device,
    recompute: suite.runner.recompute,
    compiler: options.compiler ?? suite.runner.compiler,
    saveEvery: suite.runner.save_every,
    keepWeights: suite.runner.keep_weights,
    plugins: plugins.map(({ file }) => file),
  };
  const protocol = protocolHash(common, digest, plugins);
  return seeds.map((seed) => {
    const design = designHash(protocol, seed);
    const hash = runHash(design, fingerprint ?? 'unknown');
    return {
      ...{ spec: { ...common, seed }, design, fingerprint, hash, macs, params, batchSize: passSize(recipe), bytes },
      ...{ trial: null, again: null, awaits: null },
    };
  });
}

/** A variant's seeds in order: the suite's own and those that were asked for beside them. */
function seedsByVariant(own: readonly number[], extra: readonly RunName[]): (variant: string) => number[] {
  const more = new Map<string, number[]>();
  for (const { variant, seed } of extra) {
    const seeds = more.get(variant);
    if (seeds) seeds.push(seed);
    else more.set(variant, [seed]);
  }
  return (variant) => sorted(new Set([...own, ...(more.get(variant) ?? [])]));
}

const sorted = (seeds: ReadonlySet<number>): number[] => [...seeds].sort((a, b) => a - b);
