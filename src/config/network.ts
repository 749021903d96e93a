import { z } from 'zod';

/** A number, or a fraction as text: 1/4. */
const ratio = z
  .union([z.number().positive(), z.string().regex(/^\d+\/\d+$/, 'write a number or a fraction such as 1/4')])
  .transform((value) => {
    if (typeof value === 'number') return value;
    const [over, under] = value.split('/').map(Number);
    return (over as number) / (under as number);
  })
  .refine((value) => Number.isFinite(value) && value > 0 && value <= 16, 'expected a factor above 0 and at most 16');

export const scaleSchema = z.strictObject({
  resolution: z
    .int()
    .min(8)
    .max(4096)
    .nullable()
    .default(null)
    .describe("Height and width of the input in pixels; null is the base's own, 224 for most."),
  width: ratio
    .default(1)
    .describe('Factor on every width that the base or a step sets: 1/4 turns 64 into 16; 1 where it is left out.'),
  stem_stride: z
    .union([z.literal(1), z.literal(2), z.literal(4)])
    .nullable()
    .default(null)
    .describe("The stem's total stride; null is the base's own (4 in the paper). 2 keeps small pictures large enough."),
  windows: z
    .enum(['padded', 'divisors'])
    .default('padded')
    .describe(
      "Swin's windows on maps that they do not divide: zeros at the map's end, or the largest smaller window that divides it.",
    ),
});

/** Weights to start from, and what their file may differ in. */
export const weightsSchema = z.strictObject({
  file: z.string().describe('The file or folder, relative to the suite.'),
  allow: z
    .array(z.enum(['missing', 'extra', 'size']))
    .default([])
    .describe(
      'What may differ, each listed when it does: parameters that are missing from the file or of another size there (the seed draws them), tensors that it has beside.',
    ),
  prefix: z
    .string()
    .nullable()
    .default(null)
    .describe("What stands before the file's names: `model_ema.`. Null: found out, where it is a common one."),
  resize_position_bias: z
    .boolean()
    .default(false)
    .describe("Whether Swin's tables of position biases are interpolated to other windows, as timm does."),
});

/** Where the road starts, and how far it is shrunk. */
export const networkSchema = z.strictObject({
  base: z.string().describe('A network by name (`ablate models`): resnet-50, resnet-200, ...'),
  scale: scaleSchema.prefault({}).describe('Shrinks the road to what the machine can train; docs/scale.md.'),
  classes: z
    .int()
    .positive()
    .max(100_000)
    .nullable()
    .default(null)
    .describe("Number of classes; null is the dataset's."),
  weights: z
    .union([z.string(), weightsSchema])
    .nullable()
    .default(null)
    .describe(
      'Weights to start from, relative to the suite: a safetensors file, an index of shards or a folder with either, in any naming that `ablate names` shows; a classifier that is absent or of another size starts anew. Null: weights drawn by the seed.',
    ),
});

export type NetworkConfig = z.infer<typeof networkSchema>;
