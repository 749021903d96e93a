import type { Ops } from '../ops.js';
import { createReferenceOps } from '../reference/ops.js';
import { createWindowAttention } from './attention.js';
import { createConvolutions } from './conv.js';
import { createElementwise } from './elementwise.js';
import { loadWasmKernels } from './kernels.js';
import { createNorms } from './norm.js';
import { createOptimizers } from './optimizers.js';
import { createMaxPool } from './pool.js';

type Tf = typeof import('@tensorflow/tfjs-core');

/** The backend's fast convolutions and matrix products, our own kernels for what it lacks, the reference for the rest. */
export function createWasmOps(tf: Tf): Ops {
  const kernels = loadWasmKernels(tf);
  const elementwise = createElementwise(kernels);
  const { activation, residual } = elementwise;
  return {
    ...createReferenceOps(tf),
    activation,
    residual,
    ...createConvolutions(kernels, elementwise),
    ...createNorms(kernels, elementwise),
    ...createOptimizers(kernels),
    maxPool: createMaxPool(kernels),
    windowAttention: createWindowAttention(kernels),
  };
}
