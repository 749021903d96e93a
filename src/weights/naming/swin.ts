import type { Rule, RuleSet } from './rule.js';

export const swinTimm: RuleSet = {
  rules: [
    { from: /^stem\.conv\./, to: 'patch_embed.proj.' },
    { from: /^stem\.norm\./, to: 'patch_embed.norm.' },
    { from: /^stages\./, to: 'layers.' },
    { from: /^head\.norm\./, to: 'norm.' },
  ],
  // `features_only`: a list of stages, whose places are parts of names.
  also: {
    rules: [
      { from: /^stem\.conv\./, to: 'patch_embed.proj.' },
      { from: /^stem\.norm\./, to: 'patch_embed.norm.' },
      { from: /^stages\.(\d)\./, to: (stage) => `layers_${stage}.` },
      { from: /^head\.norm\./, to: 'norm.' },
    ],
  },
};

/** The authors' release: patch merging ends a stage there, here and in timm it begins one. */
export const swinOriginal: RuleSet = {
  rules: [
    { from: /^stages\.(\d)\.downsample\./, to: (stage) => `layers.${Number(stage) - 1}.downsample.` },
    ...swinTimm.rules,
    { from: /^head\.fc\./, to: 'head.' },
  ],
};

export const swinTorchvision: RuleSet = {
  rules: [
    { from: /^stem\.conv\./, to: 'features.0.0.' },
    { from: /^stem\.norm\./, to: 'features.0.2.' },
    { from: /^stages\.(\d)\.downsample\./, to: (stage) => `features.${2 * Number(stage)}.` },
    {
      from: /^stages\.(\d)\.blocks\.(\d+)\.mlp\.fc1\./,
      to: (stage, block) => `features.${2 * Number(stage) + 1}.${block}.mlp.0.`,
    },
    {
      from: /^stages\.(\d)\.blocks\.(\d+)\.mlp\.fc2\./,
      to: (stage, block) => `features.${2 * Number(stage) + 1}.${block}.mlp.3.`,
    },
    { from: /^stages\.(\d)\.blocks\.(\d+)\./, to: (stage, block) => `features.${2 * Number(stage) + 1}.${block}.` },
    { from: /^head\.norm\./, to: 'norm.' },
    { from: /^head\.fc\./, to: 'head.' },
  ],
};

type SwinParts = readonly (readonly [ours: string, theirs: string])[];

/** SwinForImageClassification of transformers, by what the parts of its blocks are called. */
const swinOfTransformers = (parts: SwinParts): Rule[] => [
  { from: /^stem\.conv\./, to: 'swin.embeddings.patch_embeddings.projection.' },
  { from: /^stem\.norm\./, to: 'swin.embeddings.norm.' },
  { from: /^stages\.(\d)\.downsample\./, to: (stage) => `swin.encoder.layers.${Number(stage) - 1}.downsample.` },
  ...blockParts('swin.encoder.layers', [['norm1\\.', 'layernorm_before.'], ['norm2\\.', 'layernorm_after.'], ...parts]),
  { from: /^head\.norm\./, to: 'swin.layernorm.' },
  { from: /^head\.fc\./, to: 'classifier.' },
];

const blockParts = (stages: string, parts: SwinParts): Rule[] =>
  parts.map(([ours, theirs]) => ({
    from: new RegExp(`^stages\\.(\\d)\\.blocks\\.(\\d+)\\.${ours}`),
    to: (stage, block) => `${stages}.${stage}.blocks.${block}.${theirs}`,
  }));

/**
 * transformers: queries, keys and values are three tensors. Files have the first names; from version 5 on the modules
 * themselves, and so a `state_dict`, have the second.
 */
export const swinTransformers: RuleSet = {
  root: 'swin.',
  rules: swinOfTransformers([
    ['attn\\.qkv\\.', 'attention.self.{query,key,value}.'],
    ['attn\\.proj\\.', 'attention.output.dense.'],
    ['attn\\.', 'attention.self.'],
    ['mlp\\.fc1\\.', 'intermediate.dense.'],
    ['mlp\\.fc2\\.', 'output.dense.'],
  ]),
  also: {
    root: 'swin.',
    rules: swinOfTransformers([
      ['attn\\.qkv\\.', 'attention.{q_proj,k_proj,v_proj}.'],
      ['attn\\.proj\\.', 'attention.o_proj.'],
      ['attn\\.', 'attention.relative_position_bias.'],
      ['mlp\\.', 'mlp.'],
    ]),
  },
};

/** mmpretrain's SwinTransformer in its ImageClassifier: patch merging by `nn.Unfold`, at the end of a stage. */
export const swinMmpretrain: RuleSet = {
  root: 'backbone.',
  rules: [
    { from: /^stem\.conv\./, to: 'backbone.patch_embed.projection.' },
    { from: /^stem\.norm\./, to: 'backbone.patch_embed.norm.' },
    {
      from: /^stages\.(\d)\.downsample\.norm\./,
      to: (stage) => `backbone.stages.${Number(stage) - 1}.downsample.norm.`,
      layout: 'unfold',
    },
    {
      from: /^stages\.(\d)\.downsample\.reduction\./,
      to: (stage) => `backbone.stages.${Number(stage) - 1}.downsample.reduction.`,
      layout: 'unfold-linear',
    },
    ...blockParts('backbone.stages', [
      ['mlp\\.fc1\\.', 'ffn.layers.0.0.'],
      ['mlp\\.fc2\\.', 'ffn.layers.1.'],
      ['attn\\.', 'attn.w_msa.'],
      ['', ''],
    ]),
    { from: /^head\.norm\./, to: 'backbone.norm3.' },
  ],
};
