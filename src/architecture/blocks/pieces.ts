import { activation } from '../../layers/activation.js';
import { conv } from '../../layers/conv.js';
import { batchNorm, layerNorm } from '../../layers/norm.js';
import type { ActivationKind, Block, NormKind } from '../network.js';
import { type Leaf, leaf } from '../tree.js';

/** Where a block stands and how wide it is. */
export interface BlockPlace {
  readonly name: string;
  readonly inputWidth: number;
  /** C, the stage's width. */
  readonly width: number;
  readonly stride: number;
  /** 0 for the network's first block, 1 for its last. */
  readonly depth: number;
  readonly norm: NormKind;
}

/** BN with PyTorch's epsilon, LN with the paper's. */
export function norm(name: string, kind: NormKind): Leaf {
  return kind === 'batch-norm' ? leaf(name, batchNorm, { epsilon: 1e-5 }) : leaf(name, layerNorm, { epsilon: 1e-6 });
}

export function act(name: string, kind: ActivationKind): Leaf {
  return leaf(name, activation, { kind });
}

/** A 1x1 convolution. */
export function pointwise(name: string, out: number, { stride = 1, bias = false } = {}): Leaf {
  return leaf(name, conv, { out, kernel: 1, stride, padding: 0, groups: 1, bias });
}

/** The block's kxk convolution, which keeps its width. */
export function spatialConv(name: string, width: number, stride: number, block: Block): Leaf {
  const { kernel, groups, bias } = block;
  return leaf(name, conv, {
    out: width,
    kernel,
    stride,
    padding: (kernel - 1) / 2,
    groups: groups === 'depthwise' ? width : groups,
    bias,
  });
}
