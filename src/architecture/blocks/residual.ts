import type { Block } from '../network.js';
import { type Residual, type Sequential, sequential, type TreeNode } from '../tree.js';
import { type BlockPlace, norm, pointwise } from './pieces.js';

/**
 * Closes a branch into a block: identity shortcut where shape allows, else a strided 1x1 convolution (never with a bias)
 * and a norm, as in ResNet.
 */
export function residual(place: BlockPlace, block: Block, outputWidth: number, branch: readonly TreeNode[]): Residual {
  const ends = block.slots.branchEnd.map((make) => make(outputWidth));
  return {
    kind: 'residual',
    name: place.name,
    branch: sequential('', [...(block.startNorm ? [norm('start_norm', place.norm)] : []), ...branch, ...ends]),
    shortcut: place.stride === 1 && place.inputWidth === outputWidth ? null : projection(place, outputWidth),
    layerScale: block.layerScale,
    activation: block.activations === 'all' ? block.activation : null,
    depth: place.depth,
  };
}

function projection({ stride, norm: kind }: BlockPlace, outputWidth: number): Sequential {
  return sequential('shortcut', [pointwise('conv', outputWidth, { stride }), norm('norm', kind)]);
}
