import { linear } from '../../layers/linear.js';
import { layerNorm } from '../../layers/norm.js';
import { windowAttention } from '../../layers/window-attention.js';
import { crop, windowPadding } from '../../layers/window-padding.js';
import { leaf, type Residual, sequential, type TreeNode } from '../tree.js';
import { act } from './pieces.js';

export interface SwinBlockPlace {
  readonly name: string;
  readonly width: number;
  readonly heads: number;
  /** Of the map. */
  readonly side: number;
  readonly window: number;
  readonly shift: number;
  readonly depth: number;
}

/** Swin's block (Liu et al. 2021, equation 3): attention in (shifted) windows, then an MLP, each normalised and residual. */
export function swinBlock({ name, width, heads, side, window, shift, depth }: SwinBlockPlace): TreeNode {
  const ln = (at: string) => leaf(at, layerNorm, { epsilon: 1e-5 });
  const part = (at: string, branch: readonly TreeNode[]): Residual => ({
    kind: 'residual',
    name: at,
    branch: sequential('', branch),
    shortcut: null,
    layerScale: null,
    activation: null,
    depth,
  });
  return sequential(name, [
    part('', [
      ln('norm1'),
      sequential('attn', [
        ...(side % window === 0 ? [] : [leaf('pad', windowPadding, { window })]),
        leaf('qkv', linear, { out: 3 * width, bias: true }),
        leaf('', windowAttention, { heads, window, shift }),
        leaf('proj', linear, { out: width, bias: true }),
        ...(side % window === 0 ? [] : [leaf('crop', crop, { height: side, width: side })]),
      ]),
    ]),
    part('', [
      ln('norm2'),
      sequential('mlp', [
        leaf('fc1', linear, { out: 4 * width, bias: true }),
        act('act', 'gelu'),
        leaf('fc2', linear, { out: width, bias: true }),
      ]),
    ]),
  ]);
}
