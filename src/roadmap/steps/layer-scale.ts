import { z } from 'zod';
import { defineStep } from '../step.js';

export const layerScale = defineStep({
  id: 'layer-scale',
  title: 'Layer scale',
  section: '3.1',
  claim: "A learned factor per channel on every residual branch, almost 0 at the start; off on the paper's road.",
  options: z.strictObject({
    initial: z.number().min(0).max(1).default(1e-6).describe('Initial value of every factor.'),
  }),
  main: 'initial',
  apply: (network, { initial }) => ({ ...network, block: { ...network.block, layerScale: initial } }),
});
