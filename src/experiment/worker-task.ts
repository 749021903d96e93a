import type { RunSpec } from './records.js';

/** What a worker is told. */
export interface WorkerTask {
  readonly spec: RunSpec;
  readonly hash: string;
  readonly folder: string;
  readonly threads: number;
  readonly eager: boolean;
  readonly codeVersion: string;
}

/** Exit codes of a worker: result.json says more where there is one. */
export const workerExit = { finished: 0, interrupted: 75, crashed: 70 } as const;
