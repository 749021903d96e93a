import { createReferenceOps } from '../../reference/ops.js';
import type { Precision } from '../../engine.js';
import type { Ops } from '../../ops.js';
import type { Kernels } from '../kernels.js';
import type { LoadedTensorflow } from '../load.js';
import { createRaw } from '../raw.js';
import { createActivations } from './activation.js';
import { createConvolutions } from './conv.js';
import { createLoss } from './loss.js';
import { createNorms } from './norm.js';
import { createPools } from './pool.js';

/**
 * `Ops` on single TensorFlow ops by name, each with one node on the tape: they have CPU and GPU kernels alike. With the
 * fused CPU kernels those take their place. What is in neither is the reference's composite.
 */
export function createTensorflowOps(
  { tf, backend }: LoadedTensorflow,
  kernels: Kernels | null,
  precision: Precision = 'float32',
): Ops {
  const raw = createRaw(backend);
  const activations = kernels ?? createActivations(tf, raw);
  const fused = kernels && {
    activation: kernels.activation,
    residual: kernels.residual,
    layerNorm: kernels.layerNorm,
    batchNorm: kernels.batchNorm,
    maxPool: kernels.maxPool,
    globalAveragePool: kernels.globalAveragePool,
    windowAttention: kernels.windowAttention,
    softmaxCrossEntropy: kernels.softmaxCrossEntropy,
    applyAdamW: kernels.applyAdamW,
    applySgd: kernels.applySgd,
  };
  return {
    ...createReferenceOps(tf),
    activation: activations.activation,
    ...createConvolutions(tf, raw, activations, { kernels, precision }),
    ...createNorms(tf, raw, activations),
    ...createPools(tf, raw),
    ...createLoss(tf, raw),
    ...fused,
  };
}
