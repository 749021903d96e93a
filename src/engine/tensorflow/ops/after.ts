import type { Tensor } from '@tensorflow/tfjs-core';
import type { Ops } from '../../ops.js';
import type { LoadedTensorflow } from '../load.js';
import { createRaw } from '../raw.js';

/**
 * Order inside a compiled step: TensorFlow hands an op's results on when all its inputs are there, and takes two ops for
 * one only if their inputs are the same, which this op's result is not. Outside of one, ops run in the order of their calls.
 */
export function createAfter({ backend }: LoadedTensorflow): Required<Pick<Ops, 'after'>> {
  const raw = createRaw(backend);
  return {
    after: (x, ready) => {
      const [handed, unused] = raw.many('IdentityN', [], [x, ready], 2) as [Tensor, Tensor];
      unused.dispose();
      return handed;
    },
  };
}
