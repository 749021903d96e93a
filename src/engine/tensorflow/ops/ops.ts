import { createReferenceOps } from '../../reference/ops.js';
import type { Ops } from '../../ops.js';
import type { LoadedTensorflow } from '../load.js';
import { createRaw } from '../raw.js';
import { createActivations } from './activation.js';
import { createConvolutions } from './conv.js';
import { createLoss } from './loss.js';
import { createNorms } from './norm.js';
import { createPools } from './pool.js';

/**
 * `Ops` on single TensorFlow ops by name, each with one node on the tape: they have CPU and GPU kernels alike. What is
 * not here is the reference's composite.
 */
export function createTensorflowOps({ tf, backend }: LoadedTensorflow): Ops {
  const raw = createRaw(backend);
  const activations = createActivations(tf, raw);
  return {
    ...createReferenceOps(tf),
    ...activations,
    ...createConvolutions(tf, raw, activations),
    ...createNorms(tf, raw, activations),
    ...createPools(tf, raw),
    ...createLoss(tf, raw),
  };
}
