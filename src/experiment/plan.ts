import { countCost } from '../cost/count.js';
import { countMemory, estimateTrainingBytes } from '../cost/memory.js';
import type { Device } from '../engine/engine.js';
import { designHash, runHash } from './hash.js';
import { modelOf } from './network.js';
import type { PlanRecord, RunSpec } from './records.js';
import type { RunName } from './store.js';
import type { OpenedSuite } from './suite.js';

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

/** Every run that a suite asks for, variant by variant, seed by seed. Builds networks, trains nothing. */
export function planSuite({ suite, variants, catalogue, plugins }: OpenedSuite, options: PlanOptions = {}): Plan {
  const device = options.device ?? suite.runner.device;
  const fingerprint = options.fingerprint ?? null;
  const runs: PlannedRun[] = [];
  const planned = variants.map(({ variant, spec: network, recipe }) => {
    const model = modelOf(network, catalogue);
    const { macs, params } = countCost(model);
    const batchSize = Math.min(recipe.micro_batch_size ?? recipe.batch_size, recipe.batch_size);
    const bytes = estimateTrainingBytes(countMemory(model, suite.runner.recompute), {
      batch: batchSize,
      moments: recipe.optimizer.name === 'adamw' ? 2 : 1,
      precision: recipe.precision,
    });
    const extra = options.extra?.filter((run) => run.variant === variant.name).map(({ seed }) => seed) ?? [];
    const own = sortedSeeds([...suite.seeds, ...extra]).map((seed): PlannedRun => {
      const spec: RunSpec = {
        suite: suite.name,
        variant: variant.name,
        seed,
        network,
        recipe,
        dataset: suite.dataset,
        device,
        recompute: suite.runner.recompute,
        keepWeights: suite.runner.keep_weights,
        plugins,
      };
      const design = designHash(spec, model);
      return {
        spec,
        design,
        fingerprint,
        hash: runHash(design, fingerprint ?? 'unknown'),
        macs,
        params,
        batchSize,
        bytes,
      };
    });
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
      resolution: model.input[0] as number,
      macs,
      params,
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
    seeds: sortedSeeds(runs.map(({ spec }) => spec.seed)),
    variants: planned,
  };
  return { record, runs };
}

const sortedSeeds = (seeds: readonly number[]): number[] => [...new Set(seeds)].sort((a, b) => a - b);
