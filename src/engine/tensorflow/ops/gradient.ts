import type { Tensor } from '@tensorflow/tfjs-core';

type Tf = typeof import('@tensorflow/tfjs-core');

/**
 * An operation with a gradient of its own on the tape.
 * @param forward the value.
 * @param keep what the backward pass needs, of inputs and value; nothing else is held.
 * @param backward the gradient of each input, from the value's gradient and what was kept.
 */
export function gradient<Inputs extends Tensor[]>(
  tf: Tf,
  forward: (...inputs: Inputs) => Tensor,
  keep: (...tensors: [...Inputs, Tensor]) => Tensor[],
  backward: (dy: Tensor, kept: readonly Tensor[]) => Tensor[],
): (...inputs: Inputs) => Tensor {
  const recorded = tf.customGrad((...given: unknown[]) => {
    const save = given.at(-1) as (tensors: Tensor[]) => void;
    const inputs = given.slice(0, -1) as Inputs;
    const value = forward(...inputs);
    save(keep(...inputs, value));
    return { value, gradFunc: (dy: Tensor, kept: Tensor[]) => backward(dy, kept) };
  });
  return (...inputs) => recorded(...inputs);
}
