import { z } from 'zod';

/** Training pictures that are kept from training, to choose by. */
export const validationSchema = z.strictObject({
  share: z
    .number()
    .gt(0)
    .max(0.5)
    .describe('Share of the training pictures that is held out, of every class; networks are trained on the rest.'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0)
    .describe('Draws which pictures; the same for every run.'),
});

export type ValidationConfig = z.infer<typeof validationSchema>;
