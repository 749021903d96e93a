import type { Block } from '../network.js';
import type { Residual } from '../tree.js';
import { expansion } from './inverted.js';
import { act, type BlockPlace, norm, pointwise, spatialConv } from './pieces.js';
import { residual } from './residual.js';

/** The paper's section 2.5, and ConvNeXt's own block: kxk in -> in (the stride is here), 1x1 in -> 4C, 1x1 4C -> C. */
export function spatialFirst(place: BlockPlace, block: Block): Residual {
  const hidden = place.width * expansion;
  const norms = block.norms === 'all';
  const activations = block.activations === 'all';
  return residual(place, block, place.width, [
    spatialConv('conv1', place.inputWidth, place.stride, block),
    ...block.slots.afterSpatial.map((make) => make(place.inputWidth)),
    norm('norm1', place.norm),
    ...(activations ? [act('act1', block.activation)] : []),
    pointwise('conv2', hidden, { bias: block.bias }),
    ...(norms ? [norm('norm2', place.norm)] : []),
    act('act2', block.activation),
    ...block.slots.afterActivation.map((make) => make(hidden)),
    pointwise('conv3', place.width, { bias: block.bias }),
    ...(norms ? [norm('norm3', place.norm)] : []),
  ]);
}
