import type { Block } from '../network.js';
import type { Residual } from '../tree.js';
import { act, type BlockPlace, norm, pointwise, spatialConv } from './pieces.js';
import { residual } from './residual.js';

/** Output width of a bottleneck in multiples of its stage's width. */
export const bottleneckExpansion = 4;

/** ResNet's and ResNeXt's block: 1x1 in -> mid, kxk mid -> mid (the stride is here), 1x1 mid -> 4C. */
export function bottleneck(place: BlockPlace, block: Block): Residual {
  const middle = place.width * block.bottleneckRatio;
  const output = place.width * bottleneckExpansion;
  const norms = block.norms === 'all';
  const activations = block.activations === 'all';
  return residual(place, block, output, [
    pointwise('conv1', middle, { bias: block.bias }),
    ...(norms ? [norm('norm1', place.norm)] : []),
    ...(activations ? [act('act1', block.activation)] : []),
    spatialConv('conv2', middle, place.stride, block),
    ...block.slots.afterSpatial.map((make) => make(middle)),
    norm('norm2', place.norm),
    act('act2', block.activation),
    ...block.slots.afterActivation.map((make) => make(middle)),
    pointwise('conv3', output, { bias: block.bias }),
    ...(norms ? [norm('norm3', place.norm)] : []),
  ]);
}
