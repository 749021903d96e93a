import { z } from 'zod';
import { type DatasetConfig, datasetSchema } from '../config/dataset.js';
import { type Recipe, recipeSchema } from '../config/recipe.js';
import { validationSchema } from '../config/validation.js';
import type { EngineDescription } from '../engine/engine.js';
import { count, type Frozen, hashSchema, recordName, seedSchema } from './schema.js';

/** A network by what builds it. */
const networkSpecSchema = z.object({
  base: z.string(),
  steps: z.array(z.object({ id: z.string(), options: z.record(z.string(), z.unknown()) })),
  /** Null: the base's own, as for `stemStride`. */
  resolution: z.int().positive().nullable(),
  /** Factor on every width. */
  width: z.number().positive(),
  stemStride: z.int().positive().nullable(),
  /** Of Swin's windows on maps that they do not divide; absent is the base's own. */
  windows: z.enum(['padded', 'divisors']).optional(),
  classes: z.int().positive(),
  /** The file that training starts from, by absolute path and content; absent where the seed draws all weights. */
  weights: z
    .object({
      file: z.string(),
      sha256: z.string(),
      /** What the file may differ in, sorted; absent is nothing. */
      allow: z.array(z.enum(['missing', 'extra', 'size'])).optional(),
      /** What was asked to stand before the file's names; absent: found out. */
      prefix: z.string().optional(),
      /** Whether tables of position biases are interpolated to other windows. */
      resizePositionBias: z.literal(true).optional(),
    })
    .optional(),
});
export type NetworkSpec = Frozen<z.infer<typeof networkSpecSchema>>;
export type StepSpec = NetworkSpec['steps'][number];

/** A plug-in as far as it decides numbers: what it and all that it imports hold, and the packages by version. */
const pluginContentSchema = z.object({
  /** Absolute path of the plug-in. */
  file: z.string(),
  /** Of all the following, but for where the files lie. */
  sha256: hashSchema,
  /** The plug-in and what it imports, by path from the plug-in's folder. */
  files: z.array(z.object({ path: z.string(), sha256: hashSchema })),
  packages: z.array(z.object({ name: z.string(), version: z.string() })),
});
export type PluginContent = Frozen<z.infer<typeof pluginContentSchema>>;

const runSpecSchema = z.object({
  suite: recordName,
  variant: recordName,
  seed: seedSchema,
  network: networkSpecSchema,
  recipe: recipeSchema,
  dataset: datasetSchema,
  /** What is held out of the training pictures; absent is nothing. */
  validation: validationSchema.optional(),
  /** Set: the held-out pictures take the test set's place, which is not read. A trial of a learning rate, to choose by. */
  trial: z.literal(true).optional(),
  /** Set: the same as a run without it, trained a second time, so that the two show what one machine's own chance does. */
  repeat: z.literal(true).optional(),
  device: z.enum(['auto', 'gpu', 'cpu', 'wasm', 'webgpu']),
  /** What the backward pass computes again instead of keeping it; absent is nothing. Changes no number. */
  recompute: z.enum(['none', 'blocks']).optional(),
  /** What compiles steps; absent is TensorFlow itself. */
  compiler: z.enum(['tensorflow', 'xla']).optional(),
  /** Seconds between two checkpoints; absent is a minute. */
  saveEvery: z.number().min(0).optional(),
  /** Whether the trained weights stay beside the records. */
  keepWeights: z.boolean().optional(),
  /** Absolute paths of the plug-ins that the network's steps come from. */
  plugins: z.array(z.string()),
});

/** One network to train with one seed, fully resolved: what the hash is taken over and what a worker is given. */
export interface RunSpec extends Frozen<Omit<z.infer<typeof runSpecSchema>, 'recipe' | 'dataset'>> {
  readonly recipe: Recipe;
  readonly dataset: DatasetConfig;
}

const precision = z.enum(['float32', 'bfloat16', 'bfloat16x3']);
/** Absent where it is TensorFlow itself, or nothing is compiled. */
const compiler = z.literal('xla').optional();
const engineName = z.enum(['tensorflow', 'wasm', 'webgpu']);

const engineSchema = z.object({
  engine: engineName,
  version: z.string(),
  device: z.string(),
  threads: z.int().positive(),
  compiled: z.boolean(),
  kernels: z.string(),
  compiler,
  precision,
}) satisfies z.ZodType<EngineDescription>;

/** What a suite is trained on, as far as numbers hang on it; `precision` is what `auto` comes to, absent where no recipe asks. */
export const engineChoiceSchema = z.object({
  engine: engineName,
  gpu: z.boolean(),
  compiler,
  precision: precision.optional(),
});
export type EngineChoice = Frozen<z.infer<typeof engineChoiceSchema>>;

const machineSchema = z.object({
  cpu: z.string(),
  cores: z.int().positive(),
  memoryBytes: count,
  platform: z.string(),
  node: z.string(),
});
export type Machine = Frozen<z.infer<typeof machineSchema>>;

/** One start of a run: where and by what it was trained from `step` on. */
const startSchema = z.object({
  /** Optimizer steps that were done before. */
  step: count,
  engine: engineSchema,
  machine: machineSchema,
  codeVersion: z.string(),
  startedAt: z.string(),
  /** Processes that trained it together; absent is one. */
  ranks: z.int().positive().optional(),
});
export type RunStart = Frozen<z.infer<typeof startSchema>>;

const threeNumbers = z.tuple([z.number(), z.number(), z.number()]);
/** What predict and evaluate need to show a run's network pictures as the run did. */
const preparationSchema = z.object({
  /** By number. */
  classes: z.array(z.string()),
  /** Channel means and standard deviations, as shares of white. */
  mean: threeNumbers,
  sd: threeNumbers,
  /** Whether pictures have one small size, which is padded to the resolution where it nearly fits. */
  small: z.boolean(),
  resolution: z.int().positive(),
  crop_ratio: z.number().positive(),
  interpolation: z.enum(['bilinear', 'bicubic']),
});
export type RunPreparation = Frozen<z.infer<typeof preparationSchema>>;

/** run.json, written when a run starts and at each later start. */
export const runSchema = z.object({
  schema: z.literal('ablate/run/1'),
  /** Hash of the resolved run: of the built layer tree, recipe, dataset's content, plug-ins' content and seed; not of paths or the machine. */
  hash: hashSchema,
  spec: runSpecSchema,
  cost: z.object({ macs: count, params: count }),
  /** As it began, with `machine`, `codeVersion` and `startedAt`; `starts` has the later ones too. */
  engine: engineSchema,
  machine: machineSchema,
  codeVersion: z.string(),
  datasetFingerprint: z.string(),
  /** Pictures in the test set: the report takes an accuracy's sampling error from it. */
  testImages: count.optional(),
  startedAt: z.string(),
  /** How test pictures are prepared and what the outputs mean; absent in older records. */
  preparation: preparationSchema.optional(),
  /** How the weights that the run starts from were read, and the parameters that the seed drew all the same. */
  initial: z.object({ naming: z.string(), prefix: z.string(), fresh: z.array(z.string()) }).optional(),
  /** Every start, the first one included; absent in older records. */
  starts: z.array(startSchema).optional(),
  /** The content of `spec.plugins`; absent where there are none. */
  plugins: z.array(pluginContentSchema).optional(),
  /** Where the records were taken from, by path from the folder of all suites: the same run, trained for another variant or suite. */
  takenFrom: z.string().optional(),
});

export type RunRecord = Frozen<Omit<z.infer<typeof runSchema>, 'spec'>> & { readonly spec: RunSpec };

/** All starts of a run, first to last. */
export const startsOf = ({ starts, engine, machine, codeVersion, startedAt }: RunRecord): readonly RunStart[] =>
  starts ?? [{ step: 0, engine, machine, codeVersion, startedAt }];
