import { z } from 'zod';
import { defineStep } from '../step.js';

export const kernelSize = defineStep({
  id: 'kernel-size',
  title: 'Kernel size',
  section: '2.5',
  group: 'Large Kernel',
  claim: 'Larger kernels see as far as a window of attention; the gain saturates at 7x7.',
  options: z.strictObject({
    kernel: z
      .int()
      .min(1)
      .max(63)
      .refine((kernel) => kernel % 2 === 1, 'expected an odd number, so that the kernel has a centre')
      .default(7)
      .describe('Side of the spatial convolution, odd; padding is (kernel - 1) / 2.'),
  }),
  main: 'kernel',
  measured: { from: 79.9, to: 80.6 },
  apply: (network, { kernel }) => ({ ...network, block: { ...network.block, kernel } }),
});
