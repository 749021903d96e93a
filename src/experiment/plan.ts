import { countCost } from '../cost/count.js';
import { countMemory, estimateTrainingBytes } from '../cost/memory.js';
import type { Device } from '../engine/engine.js';
import type { RunName } from '../records/folders.js';
import { designHash, networkHash, runHash } from '../records/hash.js';
import type { PlanRecord } from '../records/plan.js';
import type { PluginContent, RunSpec } from '../records/run.js';
import { modelOf } from './network.js';
import type { OpenedSuite, SuiteVariant } from './suite.js';

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
}

export interface Plan {
  readonly record: PlanRecord;
  readonly runs: readonly PlannedRun[];
}

export interface PlanOptions {
  /** Instead of the suite's. */
  readonly device?: Device | undefined;
  /** Runs beside those of the suite's own seeds. */
  readonly extra?: readonly RunName[] | undefined;
  /** Of the dataset's content; left out where it is not here. */
  readonly fingerprint?: string | null | undefined;
}

/** Every run that a suite asks for, variant by variant, seed by seed. Builds each network once, trains nothing. */
export function planSuite(opened: OpenedSuite, options: PlanOptions = {}): Plan {
  const { suite, variants } = opened;
  const seedsOf = seedsByVariant(suite.seeds, options.extra ?? []);
  const runs: PlannedRun[] = [];
  const planned = variants.map((one) => {
    const { variant } = one;
    const built = build(one, opened);
    const own = seedsOf(variant.name).map((seed) => planRun(built, one, seed, opened, options));
    runs.push(...own);
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
      runs: own.map(({ spec, hash }) => ({ seed: spec.seed, hash })),
    };
  });
  const record: PlanRecord = {
    schema: 'ablate/plan/1',
    suite: suite.name,
    description: suite.description,
    dataset: suite.dataset.name,
    base: suite.network.base,
    strategy: suite.strategy,
    seeds: sorted(new Set(runs.map(({ spec }) => spec.seed))),
    variants: planned,
  };
  return { record, runs };
}

/** What all seeds of a variant have in common. */
interface Built {
  readonly network: string;
  readonly plugins: readonly PluginContent[];
  readonly resolution: number;
  readonly macs: number;
  readonly params: number;
  readonly batchSize: number;
  readonly bytes: number;
}

function build({ spec, recipe }: SuiteVariant, { suite, catalogue, pluginCode }: OpenedSuite): Built {
  const model = modelOf(spec, catalogue);
  const { macs, params } = countCost(model);
  const batchSize = Math.min(recipe.micro_batch_size ?? recipe.batch_size, recipe.batch_size);
  const bytes = estimateTrainingBytes(countMemory(model, suite.runner.recompute), {
    batch: batchSize,
    moments: recipe.optimizer.name === 'adamw' ? 2 : 1,
    precision: recipe.precision,
  });
  const used = new Set(spec.steps.flatMap(({ id }) => pluginCode.origins.get(id) ?? []));
  return {
    network: networkHash(model),
    plugins: pluginCode.contents.filter(({ file }) => used.has(file)),
    resolution: model.input[0] as number,
    macs,
    params,
    batchSize,
    bytes,
  };
}

function planRun(
  { network, plugins, macs, params, batchSize, bytes }: Built,
  { variant, spec: networkSpec, recipe }: SuiteVariant,
  seed: number,
  { suite }: OpenedSuite,
  options: PlanOptions,
): PlannedRun {
  const spec: RunSpec = {
    suite: suite.name,
    variant: variant.name,
    seed,
    network: networkSpec,
    recipe,
    dataset: suite.dataset,
    device: options.device ?? suite.runner.device,
    recompute: suite.runner.recompute,
    saveEvery: suite.runner.save_every,
    keepWeights: suite.runner.keep_weights,
    plugins: plugins.map(({ file }) => file),
  };
  const fingerprint = options.fingerprint ?? null;
  const design = designHash(spec, network, plugins);
  return { spec, design, fingerprint, hash: runHash(design, fingerprint ?? 'unknown'), macs, params, batchSize, bytes };
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
