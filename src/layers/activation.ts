import { defineLayer } from './layer.js';

export interface ActivationOptions {
  readonly kind: 'relu' | 'gelu';
}

/** ReLU, or GELU in its exact form x Phi(x). */
export const activation = defineLayer<ActivationOptions>({
  kind: 'activation',
  outputShape: (_, input) => input,
  parameters: () => [],
  operations: ({ kind }, input) => ({ [kind]: input.reduce((product, side) => product * side, 1) }),
  forward: ({ kind }, x, { ops }) => ops.activation(x, kind),
});
