import { z } from 'zod';
import { defineStep } from '../step.js';

export const separateDownsampling = defineStep({
  id: 'separate-downsampling',
  title: 'Separate downsampling',
  section: '2.6',
  group: 'Micro Design',
  claim:
    'A 2x2 convolution with stride 2 halves the map between stages, with norms around it that keep training stable.',
  requires: {
    'inverted-bottleneck': {
      has: ({ block }) => block.order !== 'bottleneck',
      why: 'a bottleneck leaves its stage wider than it enters, so its shortcut cannot be the identity',
    },
  },
  options: z.strictObject({
    norm: z
      .enum(['before', 'after', 'none'])
      .default('before')
      .describe('Where the norm of a downsampling layer stands.'),
    stem_norm: z.boolean().default(true).describe('A norm after the stem.'),
    final_norm: z.boolean().default(true).describe('A norm after the global average pool.'),
  }),
  main: 'norm',
  measured: { from: 81.5, to: 82.0 },
  apply: (network, { norm, stem_norm, final_norm }) => ({
    ...network,
    downsampling: { kind: 'separate', norm },
    stemNorm: stem_norm,
    finalNorm: network.finalNorm || final_norm,
  }),
});
