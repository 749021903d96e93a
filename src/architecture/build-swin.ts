import { conv } from '../layers/conv.js';
import { linear } from '../layers/linear.js';
import { layerNorm } from '../layers/norm.js';
import { patchMerging } from '../layers/patch-merging.js';
import { globalAveragePool } from '../layers/pool.js';
import { swinBlock } from './blocks/swin.js';
import { scaledWidth } from './build-convnet.js';
import type { SwinNetwork } from './network.js';
import { leaf, type Sequential, sequential, type TreeNode } from './tree.js';

/** Patch embedding -> stages of windowed attention -> norm, pool, classifier. */
export function buildSwinTree(network: SwinNetwork): Sequential {
  const { stemStride, depths, heads, classes } = network;
  const ln = (name: string) => leaf(name, layerNorm, { epsilon: 1e-5 });
  const width = scaledWidth(network.width, network.widthScale);
  const total = depths.reduce((sum, depth) => sum + depth, 0);
  let index = 0;
  const stages = depths.map((depth, stage) => {
    const side = sideOf(network, stage);
    const window = windowOf(network, side);
    const blocks: TreeNode[] = [];
    for (let at = 0; at < depth; at++, index++) {
      blocks.push(
        swinBlock({
          name: String(at),
          width: width * 2 ** stage,
          heads: heads[stage] as number,
          side,
          window,
          // One window covers the whole map: there is nothing to shift.
          shift: at % 2 === 1 && window < side ? Math.floor(window / 2) : 0,
          depth: total > 1 ? index / (total - 1) : 0,
        }),
      );
    }
    const children = [sequential('blocks', blocks)];
    if (stage === 0) return sequential(`stages.${stage}`, children);
    const reduction = leaf('reduction', linear, { out: width * 2 ** stage, bias: false });
    const merge = sequential('downsample', [leaf('merge', patchMerging, null), ln('norm'), reduction]);
    return sequential(`stages.${stage}`, [merge, ...children]);
  });
  const patch = { out: width, kernel: stemStride, stride: stemStride, padding: 0, groups: 1, bias: true };
  return sequential('', [
    sequential('stem', [leaf('conv', conv, patch), ln('norm')]),
    ...stages,
    sequential('head', [
      ln('norm'),
      leaf('pool', globalAveragePool, null),
      leaf('fc', linear, { out: classes, bias: true }),
    ]),
  ]);
}

/** The map's side in a stage: patches do not overlap, merging rounds up. */
function sideOf({ resolution, stemStride }: SwinNetwork, stage: number): number {
  const patches = Math.floor((resolution - stemStride) / stemStride) + 1;
  return Math.ceil(patches / 2 ** stage);
}

/** A map no larger than the window is one window of its own size, and nothing is shifted: timm's rule, where torchvision pads. */
function windowOf({ window, windows }: SwinNetwork, side: number): number {
  return windows === 'divisors' ? largestDivisor(side, window) : Math.max(1, Math.min(side, window));
}

/** The largest divisor of `side` that is at most `limit`: 7 for 56, 28, 14 and 7; 4 for 16. */
function largestDivisor(side: number, limit: number): number {
  for (let divisor = Math.min(side, limit); divisor > 1; divisor--) if (side % divisor === 0) return divisor;
  return 1;
}
