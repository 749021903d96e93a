import type { RunSpec } from './records.js';

/** What a worker is told. */
export interface WorkerTask {
  readonly spec: RunSpec;
  readonly hash: string;
  readonly folder: string;
  readonly threads: number;
  /** The graphics card to run on, as CUDA_VISIBLE_DEVICES names it; null leaves the choice to the engine. */
  readonly gpu: string | null;
  readonly eager: boolean;
  readonly codeVersion: string;
}

/** Exit codes of a worker: result.json says more where there is one. `unable`: engine or data missing, so for every run. */
export const workerExit = { finished: 0, unable: 3, interrupted: 75, crashed: 70 } as const;
