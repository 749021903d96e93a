import { defineStep } from '../step.js';

export const fewerActivations = defineStep({
  id: 'fewer-activations',
  title: 'Fewer activations',
  section: '2.6',
  group: 'Micro Design',
  claim: 'One activation a block, between its two 1x1 convolutions, as in the MLP of a transformer block.',
  requires: {
    'move-up-depthwise': {
      has: ({ block }) => block.order === 'spatial-first',
      why: 'only then do the two 1x1 convolutions stand next to each other',
    },
  },
  measured: { from: 80.6, to: 81.3 },
  apply: (network) => ({ ...network, block: { ...network.block, activations: 'one' } }),
});
