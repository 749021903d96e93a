import type { EngineChoice, RunSpec } from '../records/run.js';
import type { Aspect } from './engine-choice.js';

/** What a worker is told. */
export interface WorkerTask {
  readonly spec: RunSpec;
  readonly hash: string;
  readonly folder: string;
  readonly threads: number;
  /** The graphics card to run on, as CUDA_VISIBLE_DEVICES names it; null leaves the choice to the engine. */
  readonly gpu: string | null;
  readonly eager: boolean;
  /** What a recipe's `precision: auto` is to be; null leaves it to the engine. */
  readonly precision: 'float32' | 'bfloat16' | null;
  /** What it has to run on, where the run or its suite has begun already; null is whatever the device comes to. */
  readonly engine: EngineChoice | null;
  /** What of `engine` may be otherwise, because it was asked for by name. */
  readonly named: readonly Aspect[];
  readonly codeVersion: string;
}

/** Exit codes of a worker: result.json says more where there is one. `unable`: engine, data or disk missing, so for every run. */
export const workerExit = { finished: 0, unable: 3, interrupted: 75, crashed: 70 } as const;
