import type { NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';

export type Tf = typeof import('@tensorflow/tfjs-core');

/** An op's attributes, as the op hands them to its gradient. */
// biome-ignore lint/suspicious/noExplicitAny: tfjs types attributes op by op, and not where a registry hands them out
export type Attributes = Readonly<Record<string, any>>;

/** A gradient of an op of tfjs: what it keeps, and the gradient of each input by its name. */
export interface OpGradient {
  readonly op: string;
  readonly inputs?: readonly string[] | 'all';
  /** Which of the outputs are kept. */
  readonly outputs?: readonly boolean[];
  /** @param saved kept inputs in the order named, then kept outputs. */
  readonly backward: (
    dy: Tensor & Tensor[],
    saved: readonly Tensor[],
    attributes: Attributes,
  ) => Readonly<Record<string, () => Tensor>>;
}

/** Puts gradients into tfjs's registry, in place of its own where it has any. */
export function registerGradients(tf: Tf, gradients: readonly OpGradient[]): void {
  for (const { op, inputs = [], outputs = [], backward } of gradients) {
    tf.registerGradient({
      kernelName: op,
      saveAllInputs: inputs === 'all',
      inputsToSave: inputs === 'all' ? [] : [...inputs],
      outputsToSave: [...outputs],
      gradFunc: (dy, saved, attributes: NamedAttrMap) => backward(dy as never, saved, attributes as Attributes),
    });
  }
}

/** tfjs's own gradient of an op; it must have one. */
export function ownGradient(tf: Tf, op: string): OpGradient['backward'] {
  const config = tf.getGradient(op);
  if (!config) throw new Error(`tfjs registers no gradient of ${op}`);
  return (dy, saved, attributes) => config.gradFunc(dy, [...saved], attributes as NamedAttrMap) as never;
}

/** The axis or axes of an attribute, counted from the start. */
export const axesOf = (tf: Tf, axis: number | number[] | null | undefined, shape: readonly number[]): number[] =>
  tf.util.parseAxisParam((axis ?? undefined) as never, [...shape]);
