import type { Model } from '../architecture/model.js';
import type { Network } from '../architecture/network.js';
import type { TreeNode } from '../architecture/tree.js';
import { joinPath, walk } from '../architecture/walk.js';
import { scaledWidth } from '../architecture/build-convnet.js';
import type { Recipe } from '../config/recipe.js';
import { countCost } from '../cost/count.js';
import type { Compiler } from '../engine/engine.js';
import type { NetworkSpec } from '../records/run.js';
import { type WindowAttentionOptions, windowAttention } from '../layers/window-attention.js';

/** One network's training step, as both contenders are told it. */
export interface StepTask {
  readonly name: string;
  readonly spec: NetworkSpec;
  /** Absolute paths; PyTorch has twins of this program's own layers only. */
  readonly plugins: readonly string[];
  readonly batch: number;
  readonly threads: number;
  readonly resolution: number;
  readonly classes: number;
  readonly params: number;
  readonly precision: Recipe['precision'];
  /** How the step trains; null is AdamW alone, which PyTorch's side does too. */
  readonly recipe: Recipe | null;
  readonly recompute: 'none' | 'blocks';
  readonly compiler: Compiler;
  /** The tree of layers with their paths and the widths that PyTorch's modules want to be told. */
  readonly tree: unknown;
  readonly swin: object | null;
}

export interface StepSize {
  readonly batch: number;
  readonly threads: number;
  readonly precision: Recipe['precision'];
}

/** How a step trains, where that is not AdamW alone. */
export type StepTraining = Pick<StepTask, 'recipe' | 'recompute' | 'compiler'>;

/** A network as it is named, and built. */
export interface StepNetwork {
  readonly name: string;
  readonly spec: NetworkSpec;
  readonly plugins: readonly string[];
  readonly network: Network;
  readonly model: Model;
}

export function stepTask(
  { name, spec, plugins, network, model }: StepNetwork,
  size: StepSize,
  training: StepTraining = { recipe: null, recompute: 'none', compiler: 'tensorflow' },
): StepTask {
  return {
    name,
    spec,
    plugins,
    ...size,
    ...training,
    resolution: model.input[0] as number,
    classes: model.classes,
    params: countCost(model).params,
    tree: describe(model),
    swin: network.family === 'swin' ? swinTask(network, model) : null,
  };
}

function describe(model: Model): unknown {
  const widths = new Map<string, { input: number; output: number }>();
  walk(model.tree, model.input, ({ node, path, input, output }) => {
    widths.set(`${node.kind}:${path}`, { input: input.at(-1) as number, output: output.at(-1) as number });
  });
  const plain = (node: TreeNode, above: string): unknown => {
    const path = joinPath(above, node.name);
    if (node.kind === 'sequential')
      return { kind: node.kind, children: node.children.map((child) => plain(child, path)) };
    if (node.kind === 'leaf') {
      return {
        kind: node.kind,
        path,
        layer: node.layer.kind,
        options: node.options,
        inputWidth: widths.get(`leaf:${path}`)?.input,
      };
    }
    return {
      kind: node.kind,
      path,
      branch: plain(node.branch, path),
      shortcut: node.shortcut && plain(node.shortcut, path),
      layerScale: node.layerScale,
      activation: node.activation,
      width: widths.get(`residual:${path}`)?.output,
    };
  };
  return plain(model.tree, '');
}

function swinTask(network: Extract<Network, { family: 'swin' }>, model: Model): object {
  let window = 1;
  walk(model.tree, model.input, ({ node }) => {
    if (node.kind === 'leaf' && node.layer === windowAttention)
      window = Math.max(window, (node.options as WindowAttentionOptions).window);
  });
  const { resolution, stemStride: patch, depths, heads } = network;
  return { resolution, patch, width: scaledWidth(network.width, network.widthScale), depths, heads, window };
}
