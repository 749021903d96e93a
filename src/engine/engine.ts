import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Group, GroupOptions } from './group.js';
import type { Ops } from './ops.js';
import type { Profiler } from './profile.js';

export type EngineName = 'tensorflow' | 'wasm' | 'webgpu';
export type Device = 'auto' | 'gpu' | 'cpu' | 'wasm' | 'webgpu';

/** What makes a program of a compiled step: TensorFlow's executor, kernel by kernel, or XLA, which fuses them. */
export type Compiler = 'tensorflow' | 'xla';

/**
 * What factors of dense products are made of: float32, bfloat16 as are the maps between layers, or each of two pieces of
 * bfloat16, whose three products stand for one of float32, with maps of float32.
 */
export type Precision = 'float32' | 'bfloat16' | 'bfloat16x3';

/** What stands in every record and report about where numbers came from. */
export interface EngineDescription {
  readonly engine: EngineName;
  /** TensorFlow's own version, or that of the tfjs backend. */
  readonly version: string;
  readonly device: string;
  readonly threads: number;
  /** Whether steps run compiled, and with which of our native kernels. */
  readonly compiled: boolean;
  readonly kernels: string;
  /** There where XLA compiled the steps: last digits differ. */
  readonly compiler?: 'xla' | undefined;
  readonly precision: Precision;
}

export type Feeds = Readonly<Record<string, Tensor>>;
export type Outputs = Readonly<Record<string, Tensor>>;

/**
 * A step: feeds in, small tensors out, variables changed by `assign` or `Ops.apply...`. Everything that changes from
 * call to call is a feed or a variable, so that it can be recorded once and run as one native call.
 */
export type Step = (feeds: Feeds) => Outputs;

/** Runs a step; feeds stay the caller's, outputs are the caller's to dispose. */
export interface RunnableStep {
  run(feeds: Feeds): Promise<Outputs>;
  /** Shapes of the outputs by name, where they are known before it runs: of compiled steps. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  dispose(): void;
}

export interface Engine {
  readonly ops: Ops;
  readonly description: EngineDescription;
  /**
   * The step as this engine runs it best: compiled where it can, else as it is. `variables` are all the variables it
   * reads or writes; `examples` two sets of feeds that differ in every value, for finding what is not declared.
   */
  prepare(step: Step, variables: readonly Variable[], examples: readonly [Feeds, Feeds]): Promise<RunnableStep>;
  /** Makes this process one of several that train together; undefined where an engine cannot. Waits for nobody. */
  readonly join?: (options: GroupOptions) => Group;
  /** Of compiled steps on fused kernels; undefined elsewhere. */
  readonly profiler?: Profiler | undefined;
  /** Where a process can train another run as a fresh one would; undefined elsewhere. */
  readonly renewal?: Renewal | undefined;
}

/** What a process does between two runs. */
export interface Renewal {
  /** Gives back the memory that the last run left and measures its peak anew; false where the system does not let it. */
  renew(): boolean;
  /** Sends all that this process prints, TensorFlow's own lines too, to the end of a file. */
  writeOutputTo(file: string): void;
}

/** The engine, device, library or compiler that was asked for is not here; the message ends with the next command. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}
