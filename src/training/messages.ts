import type { EngineDescription } from '../engine/engine.js';
import type { RunResult } from '../records/result.js';

/** What a run says while it goes on; a worker process passes it on to the scheduler. */
export type WorkerMessage =
  | { readonly kind: 'started'; readonly totalSteps: number; readonly engine: EngineDescription }
  | { readonly kind: 'phase'; readonly phase: 'loading' | 'compiling' | 'training' | 'evaluating' }
  | { readonly kind: 'progress'; readonly step: number; readonly loss: number; readonly imagesPerSecond: number }
  | { readonly kind: 'warning'; readonly text: string }
  /** A checkpoint holds everything up to this step. */
  | { readonly kind: 'saved'; readonly step: number }
  /** The engine, the data or the disk is missing: no run of the suite can go on. */
  | { readonly kind: 'unable'; readonly text: string }
  /** This run ends by an error that is nobody else's; the text is all that the error says. */
  | { readonly kind: 'crashed'; readonly text: string }
  | { readonly kind: 'finished'; readonly result: RunResult }
  /** The process has ended this run and takes another. */
  | { readonly kind: 'waiting' };
