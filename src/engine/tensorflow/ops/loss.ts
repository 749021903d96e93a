import type { Tensor } from '@tensorflow/tfjs-core';
import type { Ops } from '../../ops.js';
import { floatType, type Raw } from '../raw.js';

type Tf = typeof import('@tensorflow/tfjs-core');

/** TensorFlow computes loss and its gradient in one pass; the backward pass scales the stored one. */
export function createLoss(tf: Tf, raw: Raw): Pick<Ops, 'softmaxCrossEntropy'> {
  return {
    softmaxCrossEntropy(logits, targets) {
      const perExample = tf.customGrad((...given: unknown[]) => {
        const [values, save] = given as [Tensor, (tensors: Tensor[]) => void];
        const [loss, slope] = raw.many('SoftmaxCrossEntropyWithLogits', [floatType()], [values, targets], 2) as [
          Tensor,
          Tensor,
        ];
        save([slope]);
        return {
          value: loss,
          gradFunc: (dy: Tensor, saved: Tensor[]) => tf.mul(saved[0] as Tensor, tf.expandDims(dy, 1)),
        };
      })(logits);
      return tf.mean(perExample);
    },
  };
}
