import { z } from 'zod';
import { defineStep } from '../step.js';

export const depthwiseConv = defineStep({
  id: 'depthwise-conv',
  title: 'Depthwise conv',
  section: '2.3',
  group: 'ResNeXt',
  claim: 'The 3x3 convolution mixes positions only, one group a channel: far fewer FLOPs, and accuracy to win back.',
  options: z.strictObject({
    groups: z
      .union([z.int().min(1).max(4096), z.literal('depthwise')])
      .default('depthwise')
      .describe('Channel groups; `depthwise` is one a channel, ResNeXt has 32.'),
  }),
  main: 'groups',
  measured: { from: 79.5, to: 78.3 },
  apply: (network, { groups }) => ({ ...network, block: { ...network.block, groups } }),
});
