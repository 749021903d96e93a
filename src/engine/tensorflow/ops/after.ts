import type { Tensor } from '@tensorflow/tfjs-core';
import type { Compiler } from '../../engine.js';
import type { Ops } from '../../ops.js';
import type { LoadedTensorflow } from '../load.js';
import { createRaw } from '../raw.js';

/**
 * Order inside a compiled step: TensorFlow hands an op's results on when all its inputs are there, and takes two ops for
 * one only if their inputs are the same, which this op's result is not. Outside of one, ops run in the order of their calls.
 * XLA looks through IdentityN; it has an op of its own that it neither moves across nor merges across.
 */
export function createAfter({ backend }: LoadedTensorflow, compiler: Compiler): Required<Pick<Ops, 'after'>> {
  const op = compiler === 'xla' ? 'XlaOptimizationBarrier' : 'IdentityN';
  const raw = createRaw(backend);
  return {
    after: (x, ready) => {
      const [handed, unused] = raw.many(op, [], [x, ready], 2) as [Tensor, Tensor];
      unused.dispose();
      return handed;
    },
  };
}
