import type { Operations } from '../layers/layer.js';

/** How other tools and papers count; `macs` beside it is always the same. */
export const conventions = {
  /** Multiply-adds of convolutions, linear layers and attention products: what the paper prints. */
  paper: { macs: 1 },
  /** fvcore 0.1.5: batch norm in evaluation 2 an element, layer norm 5, adaptive average pool 1 an input element. */
  fvcore: { macs: 1, batchNorm: 2, layerNorm: 5, adaptivePool: 1 },
  /** ptflops, PyTorch backend: biases, norms 2 an element, activations and pools 1. */
  ptflops: { macs: 1, bias: 1, batchNorm: 2, layerNorm: 2, activation: 1, maxPool: 1, adaptivePool: 1 },
  /** Two operations a multiply-add, as OpenVINO's model zoo prints. */
  ops: { macs: 2 },
} as const satisfies Readonly<Record<string, Partial<Readonly<Record<keyof Operations, number>>>>>;

export type Convention = keyof typeof conventions;

export function flopsOf(operations: Partial<Operations>, convention: Convention): number {
  return Object.entries(conventions[convention]).reduce(
    (sum, [counted, weight]) => sum + weight * (operations[counted as keyof Operations] ?? 0),
    0,
  );
}
