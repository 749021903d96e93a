import { z } from 'zod';

const factor = z
  .string({ error: ({ input }) => (typeof input === 'number' ? `write the factor ${input} as x${input}` : undefined) })
  .regex(/^x(0\.\d{1,6}|[1-9]\d{0,3}(\.\d{1,6})?)$/, { error: 'write a factor as x0.5, x1 or x2', abort: true })
  .refine((text) => Number(text.slice(1)) > 0, 'a factor is above 0');

/** A learning rate of its own for each network, chosen on held-out pictures. */
export const tuneSchema = z.strictObject({
  learning_rate: z
    .array(factor)
    .min(2)
    .max(20)
    .refine(
      (list) => list.includes('x1'),
      "the recipe's own rate, x1, must be among them: the others are told against it",
    )
    .refine((list) => new Set(list).size === list.length, 'a factor is there twice')
    .describe(
      "Factors on the recipe's learning rate that every network is tried with, as [x0.5, x1, x2]; x1 must be among them. It needs `validation`.",
    ),
  seeds: z
    .array(
      z
        .int()
        .min(0)
        .max(2 ** 32 - 1),
    )
    .min(1)
    .max(100)
    .refine((list) => new Set(list).size === list.length, 'a seed is there twice')
    .default([100])
    .describe('Seeds of the trials; best none of those that the networks are compared with.'),
  epochs: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe("Epochs of a trial; warm-up and drops shrink with it. Null: as many as the recipe's."),
});

export type TuneConfig = z.infer<typeof tuneSchema>;

/** `x0.5` to 0.5. */
export const factorOf = (text: string): number => Number(text.slice(1));
