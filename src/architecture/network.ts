/**
 * What a network *is*: a plain record that roadmap steps change and `build.ts` turns into a tree of layers.
 * No tensors, no classes: every step is a pure function from one `Network` to another.
 */
import type { Leaf, TreeNode } from './tree.js';

export type NormKind = 'batch-norm' | 'layer-norm';
export type ActivationKind = 'relu' | 'gelu';

/** ResNet: 7x7 conv (no bias), norm, activation, 3x3/2 max pool. Patchify: one conv with kernel = stride, with bias. */
export type Stem = 'resnet' | 'patchify';

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

/** A convolutional network of the road, its ends included. */
export interface ConvNetwork {
  readonly family: 'convnet';
  readonly name: string;
  /** Decides what `stage-ratio` and `increase-width` set: the paper walks the road from both. */
  readonly regime: 'resnet-50' | 'resnet-200';
  readonly resolution: number;
  readonly channels: number;
  readonly classes: number;
  /** Multiplies every width that a base or a step sets; see docs/scale.md. */
  readonly widthScale: number;
  readonly stem: Stem;
  /** Total stride of the stem: 4 in the paper, 16 in the isotropic networks. */
  readonly stemStride: number;
  /** A norm after the stem. */
  readonly stemNorm: boolean;
  readonly depths: readonly number[];
  /** Stage widths before `widthScale`. */
  readonly widths: readonly number[];
  readonly block: Block;
  readonly norm: NormKind;
  readonly downsampling: Downsampling;
  /** A norm after the global average pool. */
  readonly finalNorm: boolean;
  /** Tree rewrites of plug-ins, applied in order after the tree is built. */
  readonly rewrites: readonly ((tree: TreeNode) => TreeNode)[];
}

/**
 * `padded`: zeros at the map's end up to the next multiple, as torchvision and timm. `divisors`: the largest window that
 * divides the map and is not above the network's own: nothing is computed on zeros, which small maps would mostly be.
 */
export type WindowRule = 'padded' | 'divisors';

/** Swin Transformer (Liu et al. 2021), the paper's comparator. */
export interface SwinNetwork {
  readonly family: 'swin';
  readonly name: string;
  readonly resolution: number;
  readonly channels: number;
  readonly classes: number;
  readonly widthScale: number;
  /** The patch embedding's kernel and stride. */
  readonly stemStride: number;
  readonly depths: readonly number[];
  /** Width of the first stage before `widthScale`; it doubles from stage to stage. */
  readonly width: number;
  readonly heads: readonly number[];
  /** Side of a window, in positions; a map that is smaller is one window. */
  readonly window: number;
  /** What a map does that windows do not divide. */
  readonly windows: WindowRule;
}

export type Network = ConvNetwork | SwinNetwork;
