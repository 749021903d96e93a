import { type AttentionKernels, createAttentionKernels } from './kernels/attention.js';
import { type ConvolutionKernels, createConvolutionKernels } from './kernels/conv.js';
import { createDenseKernels, type DenseKernels } from './kernels/dense.js';
import { createElementwiseKernels, type ElementwiseKernels } from './kernels/elementwise.js';
import { type KernelLoad, loadKernelLibrary, type NodeTime } from './kernels/library.js';
import { createNormKernels, type NormKernels } from './kernels/norm.js';
import { createPoolKernels, type PoolKernels } from './kernels/pool.js';
import { createTrainingKernels, type TrainingKernels } from './kernels/training.js';
import type { LoadedTensorflow } from './load.js';

/**
 * The fused CPU kernels of native/kernels as functions on tensors, each one node on the tape. They check their
 * arguments and throw with what was expected and found.
 */
export interface Kernels
  extends AttentionKernels,
    ConvolutionKernels,
    DenseKernels,
    ElementwiseKernels,
    NormKernels,
    PoolKernels,
    TrainingKernels {
  /** Such as x86-64-v4. */
  readonly instructionSet: string;
  /** Whether products of bfloat16 are faster than those of float32; where they are not they give the same numbers. */
  readonly multipliesBfloat16: boolean;
  /** Threads that work on one kernel; TensorFlow's own are set apart from these. Results do not depend on it. */
  setThreads(count: number): void;
  /** Keeps freed tensors' memory in the process instead of returning it to the system. True if it could. */
  tuneMalloc(): boolean;
  /** Begins to note every kernel's call, or ends it. */
  profile(on: boolean): void;
  /** Calls since the last time, in their order. */
  takeProfile(): readonly NodeTime[];
}

/** @returns null where the kernels are not compiled, or a GPU computes. */
export function loadKernels(engine: LoadedTensorflow): Kernels | null {
  const loaded = loadKernelLibrary(engine);
  return loaded && createKernels(loaded);
}

export function createKernels(loaded: KernelLoad): Kernels {
  return {
    instructionSet: loaded.instructionSet,
    multipliesBfloat16: loaded.module.bfloat16,
    setThreads: (count) => loaded.module.setThreads(count),
    tuneMalloc: () => loaded.module.tuneMalloc(),
    profile: (on) => loaded.module.profile(on),
    takeProfile: () => loaded.module.takeProfile(),
    ...createAttentionKernels(loaded),
    ...createConvolutionKernels(loaded),
    ...createDenseKernels(loaded),
    ...createElementwiseKernels(loaded),
    ...createNormKernels(loaded),
    ...createPoolKernels(loaded),
    ...createTrainingKernels(loaded),
  };
}
