import type { Rule } from './rule.js';

/** torchvision's names, which timm shares. */
export const resNet: readonly Rule[] = [
  { from: /^stem\.conv\./, to: 'conv1.' },
  { from: /^stem\.norm\./, to: 'bn1.' },
  {
    from: /^stages\.(\d)\.blocks\.(\d+)\.shortcut\.conv\./,
    to: (stage, block) => `layer${Number(stage) + 1}.${block}.downsample.0.`,
  },
  {
    from: /^stages\.(\d)\.blocks\.(\d+)\.shortcut\.norm\./,
    to: (stage, block) => `layer${Number(stage) + 1}.${block}.downsample.1.`,
  },
  {
    from: /^stages\.(\d)\.blocks\.(\d+)\.norm(\d)\./,
    to: (stage, block, at) => `layer${Number(stage) + 1}.${block}.bn${at}.`,
  },
  { from: /^stages\.(\d)\.blocks\.(\d+)\./, to: (stage, block) => `layer${Number(stage) + 1}.${block}.` },
  { from: /^head\.fc\./, to: 'fc.' },
];
