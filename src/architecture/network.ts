/**
 * What a network *is*: a plain record that roadmap steps change and `build.ts` turns into a tree of layers.
 * No tensors, no classes: every step is a pure function from one `Network` to another.
 */
import type { Leaf, TreeNode } from './tree.js';

export type NormKind = 'batch-norm' | 'layer-norm';
export type ActivationKind = 'relu' | 'gelu';

/** ResNet: kxk conv (no bias), norm, activation, 3x3/2 max pool. Patchify: one patch x patch conv with bias. */
export type Stem =
  | { readonly kind: 'resnet'; readonly width: 'stage' }
  | { readonly kind: 'patchify'; readonly norm: boolean };

/**
 * A residual block by its three convolutions. C = the stage's width.
 * - `bottleneck`: 1x1 in -> mid, kxk mid -> mid (stride here), 1x1 mid -> 4C
 * - `inverted`:   1x1 in -> 4C, kxk 4C -> 4C (stride here), 1x1 4C -> C
 * - `spatial-first`: kxk in -> in (stride here), 1x1 in -> 4C, 1x1 4C -> C
 */
export interface Block {
  readonly order: 'bottleneck' | 'inverted' | 'spatial-first';
  readonly kernel: number;
  /** Groups of the spatial convolution; `'depthwise'` is one group a channel. */
  readonly groups: number | 'depthwise';
  /** Width of a bottleneck's middle in multiples of C: 1 in ResNet, 2 in ResNeXt-50 32x4d, 4 in ResNeXt-101 32x8d. */
  readonly bottleneckRatio: number;
  readonly activation: ActivationKind;
  /** `all`: after every norm and after the add; `one`: only between the two 1x1 convolutions. */
  readonly activations: 'all' | 'one';
  /** `all`: after every convolution; `one`: only after the spatial convolution. */
  readonly norms: 'all' | 'one';
  /** One more norm at the start of the branch (the paper tried it: no gain). */
  readonly startNorm: boolean;
  /** Biases on the block's own three convolutions. */
  readonly bias: boolean;
  /** Initial gamma of layer scale; null is none. */
  readonly layerScale: number | null;
  readonly slots: BlockSlots;
}

/** Layers of a plug-in, each made for the number of channels at its place. */
export type SlotLayer = (channels: number) => Leaf;
export interface BlockSlots {
  readonly afterSpatial: readonly SlotLayer[];
  /** After the activation between the two 1x1 convolutions (or, before move-up-depthwise, after the spatial one's). */
  readonly afterActivation: readonly SlotLayer[];
  /** At the end of the branch, before layer scale and the add. */
  readonly branchEnd: readonly SlotLayer[];
}

/** How the resolution halves between stages: by the block's stride and a strided shortcut, or by a layer of its own. */
export type Downsampling =
  | { readonly kind: 'in-block' }
  | { readonly kind: 'separate'; readonly norm: 'before' | 'after' | 'none' };

/** How a road is shrunk to what a laptop can train; see docs/scale.md. */
export interface Scale {
  /** Multiplies every width that a base or a step sets. */
  readonly width: number;
  /** Total stride of the stem: 4 in the paper. */
  readonly stemStride: number;
}

/** A convolutional network of the road, its ends included. */
export interface ConvNetwork {
  readonly family: 'convnet';
  readonly name: string;
  /** Decides what `stage-ratio` and `increase-width` set: the paper walks the road from both. */
  readonly regime: 'resnet-50' | 'resnet-200';
  readonly resolution: number;
  readonly channels: number;
  readonly classes: number;
  readonly scale: Scale;
  readonly stem: Stem;
  readonly depths: readonly number[];
  /** Stage widths before `scale.width`. */
  readonly widths: readonly number[];
  readonly block: Block;
  readonly norm: NormKind;
  readonly downsampling: Downsampling;
  /** A norm after the global average pool. */
  readonly finalNorm: boolean;
  /** Which of the suite's two recipes trains it: `training-recipe` changes this. */
  readonly recipe: 'base' | 'modern';
  /** Tree rewrites of plug-ins, applied in order after the tree is built. */
  readonly rewrites: readonly ((tree: TreeNode) => TreeNode)[];
}
