import { z } from 'zod';
import { readRandAugment } from './rand-augment.js';

const positive = z.number().positive();
const fraction = z.number().min(0).max(1);
/** For shares of which the whole would leave nothing: of an average, of a target, of a branch. */
const belowOne = z.number().min(0).lt(1);

export const optimizerSchema = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('sgd').describe('sgd or adamw.'),
    learning_rate: positive.describe('Peak learning rate, at `reference_batch` images a step.'),
    momentum: belowOne.default(0.9).describe('Momentum.'),
    nesterov: z.boolean().default(false).describe("Nesterov's momentum."),
    weight_decay: z.number().min(0).default(0).describe('L2 term added to the gradient, as in PyTorch.'),
    decay_norms_and_biases: z.boolean().default(true).describe('Whether 1-D parameters decay too (torchvision: yes).'),
  }),
  z.strictObject({
    name: z.literal('adamw').describe('sgd or adamw.'),
    learning_rate: positive.describe('Peak learning rate, at `reference_batch` images a step.'),
    betas: z.tuple([belowOne, belowOne]).default([0.9, 0.999]).describe('Decay rates of the two moments.'),
    epsilon: positive.default(1e-8).describe('Added to the root of the second moment.'),
    weight_decay: z.number().min(0).default(0).describe('Decoupled weight decay.'),
    decay_norms_and_biases: z.boolean().default(false).describe('Whether 1-D parameters decay too (the paper: no).'),
  }),
]);

export const scheduleSchema = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('cosine').describe('cosine, step or constant.'),
    warmup_epochs: z.number().min(0).default(0).describe('Linear warm-up from 0, per iteration.'),
    final_learning_rate: z.number().min(0).default(0).describe('Where the cosine ends.'),
  }),
  z.strictObject({
    name: z.literal('step').describe('cosine, step or constant.'),
    warmup_epochs: z.number().min(0).default(0).describe('Linear warm-up from 0, per iteration.'),
    every_epochs: positive.describe('Epochs between two drops.'),
    factor: positive.max(1).default(0.1).describe('Factor of each drop.'),
  }),
  z.strictObject({
    name: z.literal('constant').describe('cosine, step or constant.'),
    warmup_epochs: z.number().min(0).default(0).describe('Linear warm-up from 0, per iteration.'),
  }),
]);

/** Refuses a string that timm would not read, naming the part. */
function isRandAugment(text: string, context: z.RefinementCtx): void {
  try {
    readRandAugment(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
}

function isRange([low, high]: readonly number[], context: z.RefinementCtx): void {
  if ((low as number) > (high as number)) {
    context.addIssue({ code: 'custom', message: 'expected the smaller number first' });
  }
}

export const augmentationSchema = z.strictObject({
  random_resized_crop: z
    .strictObject({
      scale: z.tuple([fraction, fraction]).superRefine(isRange).default([0.08, 1]).describe('Share of the area.'),
      ratio: z
        .tuple([positive, positive])
        .superRefine(isRange)
        .default([3 / 4, 4 / 3])
        .describe('Aspect ratio.'),
      interpolation: z.enum(['bilinear', 'bicubic']).default('bicubic').describe('Resampling filter, anti-aliased.'),
    })
    .nullable()
    .default(null)
    .describe('Random area and aspect, resized to the resolution.'),
  random_crop: z
    .strictObject({ padding: z.int().min(0).describe('Zero pixels added on every side before a crop.') })
    .nullable()
    .default(null)
    .describe('Padded random crop, for small pictures.'),
  flip: z.boolean().default(false).describe('Horizontal flip, half the time.'),
  rand_augment: z
    .string()
    .superRefine(isRandAugment)
    .nullable()
    .default(null)
    .describe("timm's string, e.g. rand-m9-mstd0.5-inc1."),
  color_jitter: z.number().min(0).nullable().default(null).describe('Brightness, contrast and saturation, +-.'),
  random_erasing: fraction.default(0).describe('Probability of one box of pixel noise.'),
  mixup: z.number().min(0).default(0).describe("Mixup's alpha; 0 is off."),
  cutmix: z.number().min(0).default(0).describe("CutMix's alpha; 0 is off."),
  mix_probability: fraction.default(1).describe('Share of batches that are mixed.'),
  mix_switch_probability: fraction.default(0.5).describe('Share of mixed batches that get CutMix when both are on.'),
  repeats: z.int().min(1).default(1).describe('Repeated augmentation: views of a picture in an epoch.'),
});

/** Fields that would have no effect beside each other. */
function haveEffect(
  { random_resized_crop, random_crop }: z.infer<typeof augmentationSchema>,
  context: z.RefinementCtx,
) {
  if (random_resized_crop && random_crop) {
    const message = 'random_crop and random_resized_crop are two ways of cropping; set one of them to null';
    context.addIssue({ code: 'custom', path: ['random_crop'], message });
  }
}

export const evaluationSchema = z.strictObject({
  crop_ratio: fraction.gt(0).default(1).describe('Centre crop / resized shorter side: 0.875 is 224 of 256.'),
  interpolation: z.enum(['bilinear', 'bicubic']).default('bicubic').describe('Resampling filter, anti-aliased.'),
  batch_size: z.int().positive().nullable().default(null).describe('Images a step; null is that of training.'),
  every_epochs: z.int().positive().default(1).describe('Epochs between two evaluations; the last is always evaluated.'),
});

const recipeFields = z.strictObject({
  name: z.string().describe("The recipe's name, as reports print it."),
  replaces: z.string().nullable().default(null).describe('Recipe of the base network until the step training-recipe.'),
  epochs: positive.max(100_000).describe('Passes over the training set.'),
  batch_size: z.int().positive().max(1_000_000).describe('Images an optimizer step.'),
  micro_batch_size: z
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe('Images a forward pass, over which BN statistics go; gradients add up to batch_size. Null: all at once.'),
  reference_batch: z
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe('Batch at which learning_rate holds; the rate scales linearly with batch_size. Null: batch_size itself.'),
  optimizer: optimizerSchema.describe('Optimizer.'),
  schedule: scheduleSchema.describe('Learning rate over the run.'),
  label_smoothing: belowOne.default(0).describe('Share of the target spread over all classes.'),
  drop_path: belowOne.default(0).describe('Stochastic depth of the last block; linear over blocks from 0.'),
  ema: z
    .strictObject({ decay: belowOne.describe('Share of the old average kept at a step.') })
    .nullable()
    .default(null)
    .describe('Exponential moving average of the weights, evaluated beside them.'),
  clip_gradient_norm: positive.nullable().default(null).describe('Largest global gradient norm; null is off.'),
  layer_decay: fraction
    .default(1)
    .describe('Learning-rate factor from a layer group to the one before it (fine-tuning).'),
  head_init_scale: positive.default(1).describe("Factor on the classifier's initial weights (fine-tuning)."),
  precision: z
    .enum(['float32', 'bfloat16', 'bfloat16x3', 'auto'])
    .default('float32')
    .describe(
      'Of matrix products and of what is stored between layers; weights, norms and losses stay float32. bfloat16x3: float32, each product of it from three of bfloat16.',
    ),
  augmentation: augmentationSchema.superRefine(haveEffect).prefault({}).describe('What is done to training pictures.'),
  evaluation: evaluationSchema.prefault({}).describe('How pictures are prepared for evaluation.'),
});

/** What no run can do, though each field by itself is right. */
function canBeRun(recipe: z.infer<typeof recipeFields>, context: z.RefinementCtx): void {
  const { batch_size, micro_batch_size, reference_batch, optimizer, schedule } = recipe;
  const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (micro_batch_size !== null && micro_batch_size < batch_size && batch_size % micro_batch_size !== 0) {
    let divisor = micro_batch_size;
    while (batch_size % divisor !== 0) divisor--;
    refuse(
      ['micro_batch_size'],
      `expected a divisor of the batch_size ${batch_size}, such as ${divisor}, since gradients of whole passes add up`,
    );
  }
  if (optimizer.name === 'sgd' && optimizer.nesterov && optimizer.momentum === 0)
    refuse(['optimizer', 'nesterov'], "Nesterov's momentum needs a momentum above 0");
  const peak = optimizer.learning_rate * (batch_size / (reference_batch ?? batch_size));
  if (schedule.name === 'cosine' && schedule.final_learning_rate > peak) {
    const scaled = peak === optimizer.learning_rate ? '' : `, which ${optimizer.learning_rate} is at this batch_size`;
    refuse(['schedule', 'final_learning_rate'], `expected at most the peak of ${peak}${scaled}`);
  }
}

/** How a network is trained: a file of its own under configs/recipes, inlined or overridden field by field in a suite. */
export const recipeSchema = recipeFields.superRefine(canBeRun);

export type Recipe = z.infer<typeof recipeSchema>;
export type Optimizer = z.infer<typeof optimizerSchema>;
export type Schedule = z.infer<typeof scheduleSchema>;
export type Augmentation = z.infer<typeof augmentationSchema>;
export type Evaluation = z.infer<typeof evaluationSchema>;
