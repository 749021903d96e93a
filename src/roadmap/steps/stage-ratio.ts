import { z } from 'zod';
import { doubling } from '../../architecture/models.js';
import { defineStep } from '../step.js';

/** Swin's 1:1:3:1, in ResNet's sizes; the larger regime widens in the same step to keep its FLOPs. */
const ofRegime = {
  'resnet-50': { depths: [3, 3, 9, 3], width: null },
  'resnet-200': { depths: [3, 3, 27, 3], width: 84 },
} as const;

export const stageRatio = defineStep({
  id: 'stage-ratio',
  title: 'Stage ratio',
  section: '2.2',
  group: 'Macro Design',
  claim: 'Blocks move to the third stage: 3-4-6-3 becomes 3-3-9-3.',
  options: z.strictObject({
    depths: z
      .array(z.int().min(1).max(256))
      .length(4)
      .optional()
      .describe("Blocks of each stage; the regime's by default."),
  }),
  main: 'depths',
  measured: { from: 78.8, to: 79.4 },
  apply: (network, { depths }) => {
    const { width, ...regime } = ofRegime[network.regime];
    return { ...network, depths: depths ?? regime.depths, widths: width ? doubling(width) : network.widths };
  },
});
