import { z } from 'zod';
import { doubling } from '../../architecture/models.js';
import { defineStep } from '../step.js';

const ofRegime = { 'resnet-50': 96, 'resnet-200': 128 } as const;

export const increaseWidth = defineStep({
  id: 'increase-width',
  title: 'Increase width',
  section: '2.3',
  group: 'ResNeXt',
  claim: "Width goes up to Swin's, which spends the FLOPs that the depthwise convolution saved.",
  options: z.strictObject({
    width: z.int().min(1).max(8192).optional().describe("The first stage's width, doubled from stage to stage."),
  }),
  main: 'width',
  measured: { from: 78.3, to: 80.5 },
  apply: (network, { width }) => ({ ...network, widths: doubling(width ?? ofRegime[network.regime]) }),
});
