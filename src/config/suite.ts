import { z } from 'zod';
import { budgetSchema } from './budget.js';
import { datasetSchema } from './dataset.js';
import { networkSchema } from './network.js';
import { recipeSchema } from './recipe.js';
import { tuneSchema } from './tune.js';
import { validationSchema } from './validation.js';
import { strategySchema } from './strategy.js';

/** A road entry: `gelu`, `{ gelu: off }`, `{ kernel-size: 9 }` (its main option), `{ stage-ratio: { depths: [...] } }`, or a sweep. */
export const roadEntrySchema = z.union([z.string(), z.record(z.string(), z.unknown())]);

export const runnerSchema = z.strictObject({
  device: z
    .enum(['auto', 'gpu', 'cpu', 'wasm', 'webgpu'])
    .default('auto')
    .describe('Asserted: asked for and absent is an error.'),
  parallel: z
    .union([z.literal('auto'), z.int().positive()])
    .default('auto')
    .describe('Runs at a time; the threads are divided between them.'),
  ranks: z
    .int()
    .positive()
    .max(1024)
    .default(1)
    .describe(
      'Processes that train each run together, each its part of the passes of micro_batch_size; they must divide their number. Changes no number.',
    ),
  recompute: z
    .enum(['none', 'blocks'])
    .default('none')
    .describe(
      'blocks: the backward pass computes every block again instead of keeping its inside; less memory, more time.',
    ),
  compiler: z
    .enum(['tensorflow', 'xla'])
    .default('tensorflow')
    .describe('What compiles training steps. XLA is for GPUs: fused for the network, after seconds of compiling each.'),
  save_every: z
    .number()
    .min(0)
    .default(60)
    .describe('Seconds between two checkpoints, more where one takes long; 0 saves after every step.'),
  keep_weights: z
    .boolean()
    .default(false)
    .describe('Whether finished runs leave their weights as weights.safetensors beside their records.'),
});

/** Of a suite's lists; beyond it nothing more is looked at. */
export const mostEntries = { road: 1000, compare: 100, seeds: 10_000, repeat: 1000, plugins: 100 } as const;
/** Seeds are numbers that every reader of a record can hold exactly. */
const mostSeed = 2 ** 32 - 1;

export const reportSchema = z.strictObject({
  margin: z
    .number()
    .positive()
    .max(100)
    .nullable()
    .default(null)
    .describe(
      'Percent points of top-1 within which a change is no change, named before the runs; null claims no equivalence.',
    ),
  correction: z
    .enum(['family-wise', 'false-discovery'])
    .default('family-wise')
    .describe(
      'What stays below 5%: the chance of any false verdict, or the share of false ones (Benjamini and Hochberg).',
    ),
});

/** The whole of a suite file after validation, with every default filled in. */
export const suiteSchema = z.strictObject({
  name: z
    .string()
    .max(100)
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'use lower-case letters, digits and hyphens')
    .describe('Names the folder of the records.'),
  description: z.string().max(10_000).default('').describe('Printed at the head of the report.'),
  dataset: datasetSchema.describe('What the networks learn.'),
  network: networkSchema.describe('Where the road starts.'),
  recipe: recipeSchema.describe('How networks are trained (from the step training-recipe on, if the road has it).'),
  base_recipe: recipeSchema
    .nullable()
    .default(null)
    .describe('How they are trained before training-recipe; null is what the recipe `replaces`.'),
  road: z
    .array(roadEntrySchema)
    .max(mostEntries.road)
    .default([])
    .describe('The steps in order; each entry is a toggle.'),
  compare: z
    .array(z.string())
    .max(mostEntries.compare)
    .default([])
    .describe('Networks by name that stand beside the road.'),
  strategy: strategySchema
    .default('cumulative')
    .describe(
      'Which combinations of the steps are trained: a name, one with options, or that of a plug-in of your own.',
    ),
  seeds: z
    .array(z.int().min(0).max(mostSeed))
    .min(1)
    .max(mostEntries.seeds)
    .default([0])
    .describe('One run of every variant for each.'),
  repeat: z
    .array(z.string())
    .max(mostEntries.repeat)
    .default([])
    .describe(
      'Networks of the suite whose first seed is trained a second time: what a device that does not repeat itself adds.',
    ),
  validation: validationSchema
    .nullable()
    .default(null)
    .describe(
      'Holds training pictures out, by which choices are made; the test set is read once, at the end. Null: none.',
    ),
  tune: tuneSchema
    .nullable()
    .default(null)
    .describe(
      "Gives every network the learning rate that is best for it on the held-out pictures. Null: the recipe's.",
    ),
  budget: budgetSchema
    .nullable()
    .default(null)
    .describe('Trains the most informative part that this pays for, 2h or { runs: 60 }; `plan` says which. Null: all.'),
  runner: runnerSchema.prefault({}).describe('Where and how many at a time.'),
  report: reportSchema.prefault({}).describe('How differences are judged.'),
  plugins: z
    .array(z.string())
    .max(mostEntries.plugins)
    .default([])
    .describe('Files with steps of your own, relative to the suite.'),
});

export type SuiteFile = z.infer<typeof suiteSchema>;
