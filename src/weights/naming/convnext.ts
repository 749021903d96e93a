import type { Layout } from '../layout.js';
import type { Rule, RuleSet } from './rule.js';

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

const timmBlock = ['conv_dw', 'norm', 'mlp.fc1', 'mlp.fc2', 'gamma'] as const;

export const convNeXtTimm: RuleSet = {
  rules: [
    { from: /^stem\.conv\./, to: 'stem.0.' },
    { from: /^stem\.norm\./, to: 'stem.1.' },
    { from: /\.downsample\.norm\./, to: '.downsample.0.' },
    { from: /\.downsample\.conv\./, to: '.downsample.1.' },
    ...convNeXtBlock((stage, block) => `stages.${stage}.blocks.${block}`, timmBlock),
  ],
  // `features_only`: a list of stages, whose places are parts of names.
  also: {
    rules: [
      { from: /^stem\.conv\./, to: 'stem_0.' },
      { from: /^stem\.norm\./, to: 'stem_1.' },
      { from: /^stages\.(\d)\.downsample\.norm\./, to: (stage) => `stages_${stage}.downsample.0.` },
      { from: /^stages\.(\d)\.downsample\.conv\./, to: (stage) => `stages_${stage}.downsample.1.` },
      ...convNeXtBlock((stage, block) => `stages_${stage}.blocks.${block}`, timmBlock),
    ],
  },
};

/** torchvision keeps layer scale as a map and the stages as a flat list. */
export const convNeXtTorchvision: RuleSet = {
  rules: [
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
  ],
};

const releasedBlock = ['dwconv', 'norm', 'pwconv1', 'pwconv2', 'gamma'] as const;

/** The names of the paper's own release. */
export const convNeXtOriginal: RuleSet = {
  rules: [
    { from: /^stem\.conv\./, to: 'downsample_layers.0.0.' },
    { from: /^stem\.norm\./, to: 'downsample_layers.0.1.' },
    { from: /^stages\.(\d)\.downsample\.norm\./, to: (stage) => `downsample_layers.${stage}.0.` },
    { from: /^stages\.(\d)\.downsample\.conv\./, to: (stage) => `downsample_layers.${stage}.1.` },
    ...convNeXtBlock((stage, block) => `stages.${stage}.${block}`, releasedBlock),
    { from: /^head\.norm\./, to: 'norm.' },
    { from: /^head\.fc\./, to: 'head.' },
  ],
};

/** The paper's release of the isotropic networks. */
export const isotropicOriginal: RuleSet = {
  rules: [
    { from: /^stem\.conv\./, to: 'stem.' },
    ...convNeXtBlock((_, block) => `blocks.${block}`, releasedBlock),
    { from: /^head\.norm\./, to: 'norm.' },
    { from: /^head\.fc\./, to: 'head.' },
  ],
};

/** ConvNextForImageClassification of transformers. */
export const convNeXtTransformers: RuleSet = {
  root: 'convnext.',
  rules: [
    { from: /^stem\.conv\./, to: 'convnext.embeddings.patch_embeddings.' },
    { from: /^stem\.norm\./, to: 'convnext.embeddings.layernorm.' },
    {
      from: /^stages\.(\d)\.downsample\.norm\./,
      to: (stage) => `convnext.encoder.stages.${stage}.downsampling_layer.0.`,
    },
    {
      from: /^stages\.(\d)\.downsample\.conv\./,
      to: (stage) => `convnext.encoder.stages.${stage}.downsampling_layer.1.`,
    },
    ...convNeXtBlock(
      (stage, block) => `convnext.encoder.stages.${stage}.layers.${block}`,
      ['dwconv', 'layernorm', 'pwconv1', 'pwconv2', 'layer_scale_parameter'],
    ),
    { from: /^head\.norm\./, to: 'convnext.layernorm.' },
    { from: /^head\.fc\./, to: 'classifier.' },
  ],
};

/** mmpretrain's ConvNeXt in its ImageClassifier. */
export const convNeXtMmpretrain: RuleSet = {
  root: 'backbone.',
  rules: [
    { from: /^stem\.conv\./, to: 'backbone.downsample_layers.0.0.' },
    { from: /^stem\.norm\./, to: 'backbone.downsample_layers.0.1.' },
    { from: /^stages\.(\d)\.downsample\.norm\./, to: (stage) => `backbone.downsample_layers.${stage}.0.` },
    { from: /^stages\.(\d)\.downsample\.conv\./, to: (stage) => `backbone.downsample_layers.${stage}.1.` },
    ...convNeXtBlock(
      (stage, block) => `backbone.stages.${stage}.${block}`,
      ['depthwise_conv', 'norm', 'pointwise_conv1', 'pointwise_conv2', 'gamma'],
    ),
    { from: /^head\.norm\./, to: 'backbone.norm3.' },
  ],
};
