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
    const side = Math.floor(network.resolution / stemStride / 2 ** stage);
    const window = largestDivisor(side, network.window);
    const blocks: TreeNode[] = [];
    for (let at = 0; at < depth; at++, index++) {
      blocks.push(
        swinBlock({
          name: String(at),
          width: width * 2 ** stage,
          heads: heads[stage] as number,
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

/** The largest divisor of `side` that is at most `limit`: 7 for 56, 28, 14 and 7; 4 for 16. */
function largestDivisor(side: number, limit: number): number {
  for (let divisor = Math.min(side, limit); divisor > 1; divisor--) if (side % divisor === 0) return divisor;
  return 1;
}
