/**
 * Blur pooling (Zhang 2019, "Making convolutional networks shift-invariant again") as timm's `aa_layer=BlurPool2d` does it,
 * as a step of a road:
 *
 *     plugins: [examples/plugins/blur.ts]
 *     road: [..., blur]
 *
 * A convolution that moves by 2 moves by 1 instead, and before the next one a fixed binomial filter of 3 taps takes every
 * second place of what it gave; so does one behind the stem's max pool, and behind the 2x2 convolutions between stages where
 * the road has them. As there, the stem's own convolution stays, all of stride 1, and shortcuts, whose 1x1 windows see no
 * neighbours. Nothing is trained.
 */
import { defineLayer, defineStep, LayerError, leaf, type TreeNode } from 'ablate';
import type { Tensor4D } from '@tensorflow/tfjs-core';

const binomial = [1 / 4, 1 / 2, 1 / 4];

/** `[H, W, C]` -> `[ceil(H / 2), ceil(W / 2), C]`, mirrored by one at the edges. */
const blurPool = defineLayer<null>({
  kind: 'blur-pool',
  outputShape(_, [height, width, channels]) {
    if (!(height! > 1 && width! > 1)) throw new LayerError(`a map of ${height}x${width} has nothing to mirror`);
    return [Math.ceil(height! / 2), Math.ceil(width! / 2), channels!];
  },
  parameters: () => [],
  operations: (_, input) => ({ macs: 9 * blurPool.outputShape(_, input).reduce((product, side) => product * side, 1) }),
  window: () => ({ kernel: 3, stride: 2 }),
  forward(_, x, { ops: { tf } }) {
    const channels = x.shape.at(-1) as number;
    const taps = binomial.flatMap((row) => binomial.map((column) => row * column));
    const filter = tf.tile(tf.tensor4d(taps, [3, 3, 1, 1]), [1, 1, channels, 1]) as Tensor4D;
    // [N, H + 2, W + 2, C]
    const padded = tf.mirrorPad(
      x as Tensor4D,
      [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ],
      'reflect',
    ) as Tensor4D;
    return tf.depthwiseConv2d(padded, filter, 2, 'valid');
  },
});

const blur = leaf('blur', blurPool, null);

/** A node that moves by 2 and sees more than it moves by, moving by 1; null where it does not. */
function slowed(node: TreeNode): TreeNode | null {
  if (node.kind !== 'leaf' || !['conv', 'max-pool'].includes(node.layer.kind)) return null;
  const { kernel, stride } = node.options as { readonly kernel: number; readonly stride: number };
  return stride === 2 && kernel > 1 ? { ...node, options: { ...(node.options as object), stride: 1 } } : null;
}

function blurred(node: TreeNode): TreeNode {
  if (node.kind === 'leaf') return node;
  if (node.kind === 'sequential') {
    return {
      ...node,
      children: node.children.flatMap((child) => {
        const stays = node.name === 'stem' && child.kind === 'leaf' && child.layer.kind === 'conv';
        const slow = stays ? null : slowed(child);
        return slow ? [slow, blur] : [blurred(child)];
      }),
    };
  }
  const layers = node.branch.children;
  const at = layers.findIndex((layer) => slowed(layer) !== null);
  if (at < 0) return node;
  const next = layers.findIndex((layer, place) => place > at && layer.kind === 'leaf' && layer.layer.kind === 'conv');
  const end = next < 0 ? layers.length : next;
  const children = [
    ...layers.slice(0, at),
    slowed(layers[at] as TreeNode) as TreeNode,
    ...[...layers.slice(at + 1, end), blur],
    ...layers.slice(end),
  ];
  return { ...node, branch: { ...node.branch, children } };
}

export default defineStep({
  id: 'blur',
  title: 'Blur pooling',
  group: 'Anti-aliasing',
  claim: 'A low-pass filter before every second place is taken keeps what a stride would fold into other frequencies.',
  apply: (network) => ({ ...network, rewrites: [...network.rewrites, blurred] }),
});
