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

/** The part of tfjs's engine that `tf.customGrad` stands on; its types call it private. */
interface KernelRunner {
  runKernelFunc(call: {
    readonly forwardFunc: (backend: unknown, save: (tensors: Tensor[]) => void) => Tensor;
    readonly backwardsFunc: (dy: Tensor, kept: Tensor[]) => Readonly<Record<string, () => Tensor>>;
    readonly inputs: Readonly<Record<string, Tensor>>;
  }): Tensor;
}

/**
 * `gradient` whose backward pass gives a function an input: only those are called whose gradient is asked for, which the
 * pictures' is not. What several of them share is computed before.
 */
export function gradientOnDemand<Inputs extends Tensor[]>(
  tf: Tf,
  forward: (...inputs: Inputs) => Tensor,
  keep: (...tensors: [...Inputs, Tensor]) => Tensor[],
  backward: (dy: Tensor, kept: readonly Tensor[]) => (() => Tensor)[],
): (...inputs: Inputs) => Tensor {
  const runner = tf.engine() as unknown as KernelRunner;
  return (...inputs) =>
    runner.runKernelFunc({
      forwardFunc: (_, save) => {
        const value = forward(...inputs);
        save(keep(...inputs, value));
        return value;
      },
      backwardsFunc: (dy, kept) => numbered(backward(dy, kept)),
      inputs: numbered(inputs),
    });
}

const numbered = <Value>(list: readonly Value[]): Readonly<Record<string, Value>> => Object.fromEntries(list.entries());
