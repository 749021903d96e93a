import type { Rule } from './rule.js';

export const swinTimm: readonly Rule[] = [
  { from: /^stem\.conv\./, to: 'patch_embed.proj.' },
  { from: /^stem\.norm\./, to: 'patch_embed.norm.' },
  { from: /^stages\./, to: 'layers.' },
  { from: /^head\.norm\./, to: 'norm.' },
];

export const swinTorchvision: readonly Rule[] = [
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
];
