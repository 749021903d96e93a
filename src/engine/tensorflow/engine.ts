import type { Engine } from '../engine.js';
import { eagerStep } from '../eager.js';
import { compileStep } from './compile/compile.js';
import { type LoadOptions, loadTensorflow } from './load.js';
import { loadKernels } from './kernels.js';
import { createTensorflowOps } from './ops/ops.js';

export interface TensorflowOptions extends LoadOptions {
  /** Runs steps op by op instead of compiled: for debugging, and as the compiled step's reference. */
  readonly eager?: boolean;
}

/** The engine that counts: TensorFlow's library under tfjs, on a GPU or the CPU. Throws an `EnvironmentError` where it is not set up. */
export function openTensorflow({ eager = false, ...options }: TensorflowOptions): Engine {
  const loaded = loadTensorflow(options);
  const kernels = loadKernels(loaded);
  const ops = createTensorflowOps(loaded, kernels);
  const gpu = loaded.backend.isUsingGpuDevice;
  return {
    ops,
    description: {
      engine: 'tensorflow',
      version: loaded.version,
      device: gpu ? 'gpu' : 'cpu',
      threads: loaded.threads,
      compiled: !eager,
      kernels: kernels ? `fused, ${kernels.instructionSet}` : 'tensorflow',
      precision: 'float32',
    },
    prepare: async (step, variables, examples) =>
      eager ? eagerStep(loaded.tf, step) : compileStep(loaded, step, variables, examples),
  };
}
