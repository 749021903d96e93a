import type { Tensor, Tensor1D, Variable } from '@tensorflow/tfjs-core';

/** Where a process stands among those that train one run together. */
export interface GroupOptions {
  /** host:port of every rank, the same list in every process; rank 0 leads. */
  readonly hosts: readonly string[];
  readonly rank: number;
  /** Longest wait for the others to come, in seconds. */
  readonly comeWithin: number;
  /** Longest wait of one exchange for the slowest rank, its evaluations and checkpoints included, in seconds. */
  readonly timeout: number;
  /** Seconds after which a rank that does not answer is taken for lost. */
  readonly lostAfter: number;
}

/**
 * The processes that train one run together, each on its part of every batch. What comes out of their exchanges has the
 * same bits on each.
 */
export interface Group {
  readonly rank: number;
  readonly size: number;
  /**
   * Each tensor's sum over all ranks, as ops of the step that calls it. Where the ranks are a power of two they are summed
   * in pairs, and pairs of these: what halves of a batch give is added as one process adds it.
   */
  sum(tensors: readonly Tensor[]): Tensor[];
  /** What each rank holds, one after the other, as ops of the step that calls it: `[size * length]`. */
  gather(own: Tensor1D): Tensor1D;
  /**
   * What each rank holds, by rank; all of one length.
   *
   * @param within seconds to wait for the others; left out, those of the options.
   * @throws GroupLost
   */
  exchange(own: Float32Array, within?: number): Promise<Float32Array[]>;
  /** Gives the variables rank 0's values. */
  broadcast(variables: readonly Variable[]): Promise<void>;
  /** From now on a rank that does not answer ends what the others wait for. */
  watch(): void;
  /** Waits until all have come here, so that nobody leaves whom another still reads from; who is gone by then is no matter. */
  leave(): Promise<void>;
  /** An error of a step with the group's ops in it: a `GroupLost` where another rank is the reason. */
  explain(error: Error): Error;
}

/** Another rank is gone or does not answer: what was not saved is to be done again, by all. */
export class GroupLost extends Error {
  override readonly name = 'GroupLost';
}
