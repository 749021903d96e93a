import type { Ops } from '../ops.js';
import { createReferenceOps } from '../reference/ops.js';
import { createWindowAttention } from './attention.js';
import { createConvolutions } from './conv.js';
import { createElementwise } from './elementwise.js';
import type { WasmKernels } from './kernels.js';
import { createNorms } from './norm.js';
import { createOptimizers } from './optimizers.js';
import { createMaxPool } from './pool.js';

/** Our own kernels for what networks are made of, the reference for the rest. */
export function createWasmOps(kernels: WasmKernels): Ops {
  const { tf } = kernels;
  const elementwise = createElementwise(kernels);
  const { activation, residual } = elementwise;
  return {
    ...createReferenceOps(tf),
    activation,
    residual,
    ...createConvolutions(kernels, elementwise),
    ...createNorms(kernels),
    ...createOptimizers(kernels),
    maxPool: createMaxPool(kernels),
    windowAttention: createWindowAttention(kernels),
  };
}
