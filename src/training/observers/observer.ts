import type { Accuracy } from '../evaluate.js';

/** An optimizer step that was taken. */
export interface StepTaken {
  /** Its number, from 1. */
  readonly step: number;
  /** Epochs done, with fraction. */
  readonly epoch: number;
  readonly epochEnded: boolean;
  /** Whether it was the run's last. */
  readonly ended: boolean;
  readonly loss: number;
  readonly learningRate: number;
  /** Seconds that training has taken so far, those before a resume included. */
  readonly training: number;
  /** Milliseconds that this step took, and the part of it that went by waiting for pictures. */
  readonly took: number;
  readonly waited: number;
}

/** A set measured after a step: the weights and, where the recipe keeps one, their moving average. */
export interface Evaluated {
  readonly step: number;
  readonly epoch: number;
  /** The held-out pictures where the suite has some, else the test set. */
  readonly on: 'test' | 'validation';
  readonly plain: Accuracy;
  readonly ema: Accuracy | null;
  /** Pictures of the set that could not be read. */
  readonly unreadable: number;
}

/** Is told of all that happens in a run, in order; the next step waits for it. */
export interface Observer {
  onStep?(taken: StepTaken): void | Promise<void>;
  /** A set is about to be measured. */
  onEvaluating?(): void;
  onEvaluation?(measured: Evaluated): void | Promise<void>;
}
