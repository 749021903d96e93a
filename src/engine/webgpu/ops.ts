import type { Ops } from '../ops.js';
import { createReferenceOps } from '../reference/ops.js';
import { createConvolutions } from './conv.js';
import { createElementwise } from './elementwise.js';
import { createNorms } from './norm.js';
import { createOptimizers } from './optimizers.js';
import { createMaxPool } from './pool.js';
import { createPrograms, type WebgpuBackend } from './program.js';

type Tf = typeof import('@tensorflow/tfjs-core');

/** The backend's convolutions and matrix products, programs of our own for what it lacks or does in many passes, the reference for the rest. */
export function createWebgpuOps(tf: Tf, backend: WebgpuBackend): Ops {
  const programs = createPrograms(tf, backend);
  const elementwise = createElementwise(tf, programs);
  const { activation, residual } = elementwise;
  return {
    ...createReferenceOps(tf),
    activation,
    residual,
    ...createConvolutions(tf, programs, elementwise),
    ...createNorms(tf, programs, elementwise),
    ...createOptimizers(tf, programs),
    maxPool: createMaxPool(tf, programs),
  };
}
