import type { Layout } from '../layout.js';
import type { Rule } from './rule.js';

/** ConvNeXt's block by its five parts: depthwise, norm, first and second linear layer, layer scale. */
function convNeXtBlock(
  place: (stage: string, block: string) => string,
  [depthwise, norm, first, second, gamma]: readonly [string, string, string, string, string],
  gammaLayout?: Layout,
): Rule[] {
  const part = (ours: string, theirs: string, layout?: Layout): Rule => ({
    from: new RegExp(`^stages\\.(\\d)\\.blocks\\.(\\d+)\\.${ours}`),
    to: (stage, block) => `${place(stage as string, block as string)}.${theirs}`,
    ...(layout ? { layout } : {}),
  });
  return [
    part('conv1\\.', `${depthwise}.`),
    part('norm1\\.', `${norm}.`),
    part('conv2\\.weight$', `${first}.weight`, 'pointwise-as-linear'),
    part('conv2\\.', `${first}.`),
    part('conv3\\.weight$', `${second}.weight`, 'pointwise-as-linear'),
    part('conv3\\.', `${second}.`),
    part('gamma$', gamma, gammaLayout),
  ];
}

export const convNeXtTimm: readonly Rule[] = [
  { from: /^stem\.conv\./, to: 'stem.0.' },
  { from: /^stem\.norm\./, to: 'stem.1.' },
  { from: /\.downsample\.norm\./, to: '.downsample.0.' },
  { from: /\.downsample\.conv\./, to: '.downsample.1.' },
  ...convNeXtBlock(
    (stage, block) => `stages.${stage}.blocks.${block}`,
    ['conv_dw', 'norm', 'mlp.fc1', 'mlp.fc2', 'gamma'],
  ),
];

/** torchvision keeps layer scale as a map and the stages as a flat list. */
export const convNeXtTorchvision: readonly Rule[] = [
  { from: /^stem\.conv\./, to: 'features.0.0.' },
  { from: /^stem\.norm\./, to: 'features.0.1.' },
  { from: /^stages\.(\d)\.downsample\.norm\./, to: (stage) => `features.${2 * Number(stage)}.0.` },
  { from: /^stages\.(\d)\.downsample\.conv\./, to: (stage) => `features.${2 * Number(stage)}.1.` },
  ...convNeXtBlock(
    (stage, block) => `features.${2 * Number(stage) + 1}.${block}`,
    ['block.0', 'block.2', 'block.3', 'block.5', 'layer_scale'],
    'channel-map',
  ),
  { from: /^head\.norm\./, to: 'classifier.0.' },
  { from: /^head\.fc\./, to: 'classifier.2.' },
];

/** The names of the paper's own release. */
export const convNeXtOriginal: readonly Rule[] = [
  { from: /^stem\.conv\./, to: 'downsample_layers.0.0.' },
  { from: /^stem\.norm\./, to: 'downsample_layers.0.1.' },
  { from: /^stages\.(\d)\.downsample\.norm\./, to: (stage) => `downsample_layers.${stage}.0.` },
  { from: /^stages\.(\d)\.downsample\.conv\./, to: (stage) => `downsample_layers.${stage}.1.` },
  ...convNeXtBlock((stage, block) => `stages.${stage}.${block}`, ['dwconv', 'norm', 'pwconv1', 'pwconv2', 'gamma']),
  { from: /^head\.norm\./, to: 'norm.' },
  { from: /^head\.fc\./, to: 'head.' },
];

/** The paper's release of the isotropic networks. */
export const isotropicOriginal: readonly Rule[] = [
  { from: /^stem\.conv\./, to: 'stem.' },
  ...convNeXtBlock((_, block) => `blocks.${block}`, ['dwconv', 'norm', 'pwconv1', 'pwconv2', 'gamma']),
  { from: /^head\.norm\./, to: 'norm.' },
  { from: /^head\.fc\./, to: 'head.' },
];
