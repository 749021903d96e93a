import { defineStep } from '../step.js';

export const invertedBottleneck = defineStep({
  id: 'inverted-bottleneck',
  title: 'Inverting dims',
  section: '2.4',
  group: 'Inverted Bottleneck',
  claim: 'The block is widest in its middle, four times its ends, as the MLP of a transformer block is.',
  measured: { from: 80.5, to: 80.6 },
  apply: (network) => ({ ...network, block: { ...network.block, order: 'inverted' } }),
});
