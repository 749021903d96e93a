import type { Scalar, Tensor, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import { forward } from '../architecture/forward.js';
import type { Model } from '../architecture/model.js';
import type { Ops } from '../engine/ops.js';

export interface PredictOptions {
  readonly ops: Ops;
  readonly model: Model;
  readonly weights: ReadonlyMap<string, Variable>;
  /** `[N, H, W, C]`. */
  readonly pictures: Tensor;
  /** Targets `[N, classes]`: with them the loss and its gradients are computed. */
  readonly targets: Tensor2D | null;
  /** Batch statistics instead of running ones, as in training; running statistics move on. */
  readonly training: boolean;
}

/** Values by name; the caller disposes of them. */
export interface Prediction {
  readonly logits: Tensor2D;
  readonly loss: Tensor | null;
  /** Of the mean loss, by the parameter's full name. */
  readonly gradients: ReadonlyMap<string, Tensor>;
  /** Running statistics after the pass, in training mode. */
  readonly statistics: ReadonlyMap<string, Tensor>;
}

/** One pass of a network: logits, and for given targets the loss and all its gradients. */
export function predict({ ops, model, weights, pictures, targets, training }: PredictOptions): Prediction {
  const { tf } = ops;
  const statistics = new Map<string, Tensor>();
  const logitsOf = (): Tensor2D =>
    forward(model, pictures, {
      ops,
      training,
      variable: (name) => weights.get(name) as Variable,
      update: (name, value) => statistics.set(name, tf.keep(value)),
      keep: () => undefined,
    });
  if (!targets) return { logits: tf.tidy(logitsOf), loss: null, gradients: new Map(), statistics };
  let logits: Tensor2D | null = null;
  const trainable = [...weights].filter(([, variable]) => variable.trainable);
  const { value, grads } = tf.variableGrads(
    () => {
      logits = tf.keep(logitsOf());
      return ops.softmaxCrossEntropy(logits, targets) as Scalar;
    },
    trainable.map(([, variable]) => variable),
  );
  const gradients = new Map(trainable.map(([name, variable]) => [name, grads[variable.name] as Tensor]));
  return { logits: logits as unknown as Tensor2D, loss: value, gradients, statistics };
}
