import type { Operations } from '../layers/layer.js';

type Weights = Partial<Readonly<Record<keyof Operations, number>>>;

/** How a tool counts: the modules of a convolutional network and those of a transformer are not the same to it. */
interface Counting {
  readonly convnet: Weights;
  readonly transformer: Weights;
}

const products = { macs: 1, attention: 1 } as const;

/** How other tools and papers count; `macs` beside it is always the same. */
export const conventions = {
  /** Multiply-adds of convolutions, linear layers and attention products: what the paper prints. */
  paper: { convnet: products, transformer: products },
  /**
   * fvcore 0.1.5 over timm's modules: batch norm in evaluation 2 an element, layer norm 5, adaptive average pool 1 an input
   * element; a transformer's mean over positions is no pool to it.
   */
  fvcore: {
    convnet: { ...products, batchNorm: 2, layerNorm: 5, globalPool: 1 },
    transformer: { ...products, layerNorm: 5 },
  },
  /**
   * ptflops 0.7.5 (its default, PyTorch backend) over timm's modules, as it prints them: ReLU, Swin's GELU and pools
   * twice (once as a module, once as a function), layer norm once, but not ConvNeXt's, whose class it does not know;
   * ConvNeXt's layer scale; no attention products, since timm writes them with the operator @.
   */
  ptflops: {
    convnet: { macs: 1, bias: 1, batchNorm: 2, relu: 2, gelu: 1, layerScale: 1, maxPool: 2, globalPool: 2 },
    transformer: { macs: 1, bias: 1, layerNorm: 1, gelu: 2, softmax: 1 },
  },
  /** Two operations a multiply-add, as OpenVINO's model zoo prints. */
  ops: { convnet: { macs: 2, attention: 2 }, transformer: { macs: 2, attention: 2 } },
} as const satisfies Readonly<Record<string, Counting>>;

export type Convention = keyof typeof conventions;

export function flopsOf(operations: Partial<Operations>, convention: Convention, family: keyof Counting): number {
  return Object.entries(conventions[convention][family]).reduce(
    (sum, [counted, weight]) => sum + weight * (operations[counted as keyof Operations] ?? 0),
    0,
  );
}
