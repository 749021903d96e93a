import { z } from 'zod';
import { defineStep } from '../step.js';

export const fewerNorms = defineStep({
  id: 'fewer-norms',
  title: 'Fewer norms',
  section: '2.6',
  group: 'Micro Design',
  claim: 'One norm a block, before the first 1x1 convolution; a further one at the start of the block does not help.',
  requires: {
    'move-up-depthwise': {
      has: ({ block }) => block.order === 'spatial-first',
      why: 'the norm that stays is the one between depthwise and first 1x1 convolution',
    },
  },
  options: z.strictObject({
    start_norm: z.boolean().default(false).describe("Adds a norm at the block's start, which the paper tried."),
  }),
  main: 'start_norm',
  measured: { from: 81.3, to: 81.4 },
  apply: (network, { start_norm }) => ({
    ...network,
    block: { ...network.block, norms: 'one', startNorm: start_norm },
  }),
});
