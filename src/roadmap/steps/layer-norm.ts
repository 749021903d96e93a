import { defineStep } from '../step.js';

export const layerNorm = defineStep({
  id: 'layer-norm',
  title: 'BN to LN',
  section: '2.6',
  group: 'Micro Design',
  claim: "Layer norm in place of batch norm, the shortcut's too; the block's convolutions get biases.",
  measured: { from: 81.4, to: 81.5 },
  apply: (network) => ({ ...network, norm: 'layer-norm', block: { ...network.block, bias: true } }),
});
