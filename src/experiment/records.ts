/** What a run leaves behind: experiments/<suite>/<variant>/seed-<n>/. Readers (report, status) need only this file. */
import type { DatasetConfig } from '../config/dataset.js';
import type { Recipe } from '../config/recipe.js';
import type { EngineDescription } from '../engine/engine.js';

/** One network to train with one seed, fully resolved: what the hash is taken over and what a worker is given. */
export interface RunSpec {
  readonly suite: string;
  readonly variant: string;
  readonly seed: number;
  readonly network: NetworkSpec;
  readonly recipe: Recipe;
  readonly dataset: DatasetConfig;
  readonly device: 'auto' | 'gpu' | 'cpu' | 'wasm' | 'webgpu';
  /** What the backward pass computes again instead of keeping it; absent is nothing. Changes no number. */
  readonly recompute?: 'none' | 'blocks';
  /** Whether the trained weights stay beside the records. */
  readonly keepWeights?: boolean;
  /** Absolute paths of plug-ins that must be loaded before the network can be built. */
  readonly plugins: readonly string[];
}

/** A network by what builds it. */
export interface NetworkSpec {
  readonly base: string;
  readonly steps: readonly StepSpec[];
  /** Null: the base's own, as for `stemStride`. */
  readonly resolution: number | null;
  /** Factor on every width. */
  readonly width: number;
  readonly stemStride: number | null;
  readonly classes: number;
  /** The file that training starts from, by absolute path and content; absent where the seed draws all weights. */
  readonly weights?: { readonly file: string; readonly sha256: string };
}
export interface StepSpec {
  readonly id: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** run.json, written when a run starts. */
export interface RunRecord {
  readonly schema: 'ablate/run/1';
  /** Hash of the resolved run: of the built layer tree, recipe, dataset's content and seed; not of paths or the machine. */
  readonly hash: string;
  readonly spec: RunSpec;
  readonly cost: { readonly macs: number; readonly params: number };
  readonly engine: EngineDescription;
  readonly machine: Machine;
  readonly codeVersion: string;
  readonly datasetFingerprint: string;
  /** Pictures in the test set: the report takes an accuracy's sampling error from it. */
  readonly testImages?: number;
  readonly startedAt: string;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly platform: string;
  readonly node: string;
}

/** A line of metrics.jsonl. */
export type MetricsLine =
  | {
      readonly kind: 'train';
      readonly step: number;
      /** Epochs done, with fraction. */
      readonly epoch: number;
      /** Mean loss since the line before. */
      readonly loss: number;
      readonly learningRate: number;
      readonly imagesPerSecond: number;
    }
  | {
      readonly kind: 'evaluation';
      readonly step: number;
      readonly epoch: number;
      /** Shares in [0, 1]. */
      readonly top1: number;
      readonly top5: number;
      readonly loss: number;
      /** The same for the moving average of the weights, where the recipe has one. */
      readonly ema: { readonly top1: number; readonly top5: number; readonly loss: number } | null;
    };

/** result.json: written last, by rename; its presence alone says that a run is done. */
export type RunResult =
  | {
      readonly schema: 'ablate/result/1';
      readonly status: 'done';
      readonly hash: string;
      /** Shares in [0, 1], of the last epoch; `best` over all evaluations. */
      readonly top1: number;
      readonly top5: number;
      readonly loss: number;
      readonly best: { readonly top1: number; readonly epoch: number };
      readonly ema: { readonly top1: number; readonly top5: number } | null;
      readonly trainLoss: number;
      readonly steps: number;
      /** Training images over time inside training steps, data included, evaluation and start-up not. */
      readonly imagesPerSecond: number;
      readonly seconds: {
        readonly total: number;
        readonly training: number;
        readonly evaluation: number;
        readonly startup: number;
        /** The part of training that went by waiting for pictures; absent in older records. */
        readonly waiting?: number;
      };
      readonly peakMemoryBytes: number;
      readonly finishedAt: string;
    }
  | {
      readonly schema: 'ablate/result/1';
      readonly status: 'failed';
      readonly hash: string;
      /** A sentence: `loss is NaN at step 312`. */
      readonly reason: string;
      readonly step: number | null;
      readonly finishedAt: string;
    };

/** Messages from a worker process to the scheduler. */
export type WorkerMessage =
  | { readonly kind: 'started'; readonly totalSteps: number; readonly engine: EngineDescription }
  | { readonly kind: 'phase'; readonly phase: 'loading' | 'compiling' | 'training' | 'evaluating' }
  | { readonly kind: 'progress'; readonly step: number; readonly loss: number; readonly imagesPerSecond: number }
  | { readonly kind: 'warning'; readonly text: string }
  /** The engine or the data is missing: no run of the suite can go on. */
  | { readonly kind: 'unable'; readonly text: string }
  | { readonly kind: 'finished'; readonly result: RunResult };

/** plan.json at the suite's folder: what the suite asks for, so that readers need neither the suite file nor plug-ins. */
export interface PlanRecord {
  readonly schema: 'ablate/plan/1';
  readonly suite: string;
  readonly description: string;
  readonly dataset: string;
  readonly base: string;
  readonly strategy: string;
  readonly seeds: readonly number[];
  readonly variants: readonly PlannedVariant[];
}

export interface PlannedVariant {
  readonly name: string;
  readonly kind: 'base' | 'step' | 'compare';
  /** The step that made it from `parent`, null for the base and comparators. */
  readonly step: string | null;
  readonly title: string;
  /** The paper's section as the figure brackets it, e.g. `Macro Design`; null where it has none. */
  readonly section: string | null;
  /** The variant that its delta is taken against; null for the base and comparators. */
  readonly parent: string | null;
  /** False for sweep values that the road does not go on with: hatched in the figure. */
  readonly adopted: boolean;
  readonly steps: readonly string[];
  readonly resolution: number;
  readonly macs: number;
  readonly params: number;
  /** Run hashes by seed, as of this plan. */
  readonly runs: readonly { readonly seed: number; readonly hash: string }[];
}
