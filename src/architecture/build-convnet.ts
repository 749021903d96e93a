import { conv } from '../layers/conv.js';
import { linear } from '../layers/linear.js';
import { globalAveragePool, maxPool } from '../layers/pool.js';
import { bottleneck, bottleneckExpansion } from './blocks/bottleneck.js';
import { inverted } from './blocks/inverted.js';
import { act, norm } from './blocks/pieces.js';
import { spatialFirst } from './blocks/spatial-first.js';
import type { ConvNetwork } from './network.js';
import { leaf, type Sequential, sequential, type TreeNode } from './tree.js';

const blocks = { bottleneck, inverted, 'spatial-first': spatialFirst } as const;

/** Stem -> stages -> head, in the paper's words. */
export function buildConvTree(network: ConvNetwork): Sequential {
  const tree = sequential('', [stem(network), ...stages(network), head(network)]);
  return network.rewrites.reduce<TreeNode>((rewritten, rewrite) => rewrite(rewritten), tree) as Sequential;
}

/** A width of a base or a step as it is built: scaled, rounded, at least 1. */
export function scaledWidth(width: number, scale: number): number {
  return Math.max(1, Math.round(width * scale));
}

function stem(network: ConvNetwork): Sequential {
  const { stemStride, norm: kind, block } = network;
  const out = scaledWidth(network.widths[0] as number, network.widthScale);
  if (network.stem === 'patchify') {
    const patch = { out, kernel: stemStride, stride: stemStride, padding: 0, groups: 1, bias: true };
    return sequential('stem', [leaf('conv', conv, patch), ...(network.stemNorm ? [norm('norm', kind)] : [])]);
  }
  // The stride is shared between convolution and pool: 2 x 2 in the paper, 1 x 2 on small pictures, none at 1.
  const pools = stemStride > 1;
  const stride = pools ? stemStride / 2 : 1;
  return sequential('stem', [
    leaf('conv', conv, { out, kernel: 7, stride, padding: 3, groups: 1, bias: false }),
    norm('norm', kind),
    act('act', block.activation),
    ...(pools ? [leaf('pool', maxPool, { kernel: 3, stride: 2, padding: 1 })] : []),
    ...(network.stemNorm ? [norm('out_norm', kind)] : []),
  ]);
}

function stages(network: ConvNetwork): Sequential[] {
  const { block, depths, downsampling } = network;
  const widths = network.widths.map((width) => scaledWidth(width, network.widthScale));
  const total = depths.reduce((sum, depth) => sum + depth, 0);
  const outputs = widths.map((width) => (block.order === 'bottleneck' ? width * bottleneckExpansion : width));
  let index = 0;
  return depths.map((depth, stage) => {
    const width = widths[stage] as number;
    const before = stage === 0 ? (widths[0] as number) : (outputs[stage - 1] as number);
    const separate = downsampling.kind === 'separate' && stage > 0;
    const built: TreeNode[] = [];
    for (let at = 0; at < depth; at++, index++) {
      const first = at === 0;
      built.push(
        blocks[block.order](
          {
            name: String(at),
            inputWidth: first && !separate ? before : (outputs[stage] as number),
            width,
            stride: first && stage > 0 && !separate ? 2 : 1,
            depth: total > 1 ? index / (total - 1) : 0,
            norm: network.norm,
          },
          block,
        ),
      );
    }
    const children = [sequential('blocks', built)];
    return sequential(
      `stages.${stage}`,
      separate ? [downsample(network, outputs[stage] as number), ...children] : children,
    );
  });
}

/** Section 2.6, "separate downsampling layers": a 2x2 convolution with stride 2 and the norm that keeps it stable. */
function downsample({ downsampling, norm: kind }: ConvNetwork, out: number): Sequential {
  const halve = leaf('conv', conv, { out, kernel: 2, stride: 2, padding: 0, groups: 1, bias: true });
  const place = downsampling.kind === 'separate' ? downsampling.norm : 'none';
  if (place === 'none') return sequential('downsample', [halve]);
  const normed = norm('norm', kind);
  return sequential('downsample', place === 'before' ? [normed, halve] : [halve, normed]);
}

function head({ finalNorm, norm: kind, classes }: ConvNetwork): Sequential {
  return sequential('head', [
    leaf('pool', globalAveragePool, null),
    ...(finalNorm ? [norm('norm', kind)] : []),
    leaf('fc', linear, { out: classes, bias: true }),
  ]);
}
