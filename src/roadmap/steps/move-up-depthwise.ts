import { defineStep } from '../step.js';

export const moveUpDepthwise = defineStep({
  id: 'move-up-depthwise',
  title: 'Move up depthwise conv',
  section: '2.5',
  group: 'Large Kernel',
  claim: 'The depthwise convolution comes first, on the narrow end, as attention comes before the MLP.',
  requires: {
    'depthwise-conv': {
      has: ({ block }) => block.groups !== 1,
      why: 'a dense convolution cannot move to the narrow end without changing what it mixes',
    },
    'inverted-bottleneck': {
      has: ({ block }) => block.order !== 'bottleneck',
      why: 'there is no narrow end before the widening 1x1 convolution otherwise',
    },
  },
  measured: { from: 80.6, to: 79.9 },
  apply: (network) => ({ ...network, block: { ...network.block, order: 'spatial-first' } }),
});
