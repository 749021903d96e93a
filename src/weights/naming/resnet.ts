import type { Rule, RuleSet } from './rule.js';

const torchvision = (root: string): Rule[] => [
  { from: /^stem\.conv\./, to: `${root}conv1.` },
  { from: /^stem\.norm\./, to: `${root}bn1.` },
  {
    from: /^stages\.(\d)\.blocks\.(\d+)\.shortcut\.conv\./,
    to: (stage, block) => `${root}layer${Number(stage) + 1}.${block}.downsample.0.`,
  },
  {
    from: /^stages\.(\d)\.blocks\.(\d+)\.shortcut\.norm\./,
    to: (stage, block) => `${root}layer${Number(stage) + 1}.${block}.downsample.1.`,
  },
  {
    from: /^stages\.(\d)\.blocks\.(\d+)\.norm(\d)\./,
    to: (stage, block, at) => `${root}layer${Number(stage) + 1}.${block}.bn${at}.`,
  },
  { from: /^stages\.(\d)\.blocks\.(\d+)\./, to: (stage, block) => `${root}layer${Number(stage) + 1}.${block}.` },
];

/** torchvision's names, which timm shares. */
export const resNet: RuleSet = { rules: [...torchvision(''), { from: /^head\.fc\./, to: 'fc.' }] };

/** mmpretrain's ResNet in its ImageClassifier: torchvision's names, the classifier apart. */
export const resNetMmpretrain: RuleSet = { root: 'backbone.', rules: torchvision('backbone.') };

/** ResNetForImageClassification of transformers. */
export const resNetTransformers: RuleSet = {
  root: 'resnet.',
  rules: [
    { from: /^stem\.conv\./, to: 'resnet.embedder.embedder.convolution.' },
    { from: /^stem\.norm\./, to: 'resnet.embedder.embedder.normalization.' },
    {
      from: /^stages\.(\d)\.blocks\.(\d+)\.shortcut\.conv\./,
      to: (stage, block) => `resnet.encoder.stages.${stage}.layers.${block}.shortcut.convolution.`,
    },
    {
      from: /^stages\.(\d)\.blocks\.(\d+)\.shortcut\.norm\./,
      to: (stage, block) => `resnet.encoder.stages.${stage}.layers.${block}.shortcut.normalization.`,
    },
    {
      from: /^stages\.(\d)\.blocks\.(\d+)\.(conv|norm)(\d)\./,
      to: (stage, block, part, at) =>
        `resnet.encoder.stages.${stage}.layers.${block}.layer.${Number(at) - 1}.${part === 'conv' ? 'convolution' : 'normalization'}.`,
    },
    { from: /^head\.fc\./, to: 'classifier.1.' },
  ],
};
