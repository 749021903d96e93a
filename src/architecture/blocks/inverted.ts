import type { Block } from '../network.js';
import type { Residual } from '../tree.js';
import { act, type BlockPlace, norm, pointwise, spatialConv } from './pieces.js';
import { residual } from './residual.js';

/** Hidden width in multiples of the stage's width. */
export const expansion = 4;

/** The paper's section 2.4: 1x1 in -> 4C at the input's resolution, kxk 4C -> 4C (the stride is here), 1x1 4C -> C. */
export function inverted(place: BlockPlace, block: Block): Residual {
  const hidden = place.width * expansion;
  const norms = block.norms === 'all';
  const activations = block.activations === 'all';
  return residual(place, block, place.width, [
    pointwise('conv1', hidden, { bias: block.bias }),
    ...(norms ? [norm('norm1', place.norm)] : []),
    ...(activations ? [act('act1', block.activation)] : []),
    spatialConv('conv2', hidden, place.stride, block),
    ...block.slots.afterSpatial.map((make) => make(hidden)),
    norm('norm2', place.norm),
    act('act2', block.activation),
    ...block.slots.afterActivation.map((make) => make(hidden)),
    pointwise('conv3', place.width, { bias: block.bias }),
    ...(norms ? [norm('norm3', place.norm)] : []),
  ]);
}
