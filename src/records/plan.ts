import { z } from 'zod';
import { validationSchema } from '../config/validation.js';
import { count, type Frozen, hashSchema, recordName, seedSchema } from './schema.js';
import { engineChoiceSchema } from './run.js';

const plannedVariant = z.object({
  name: recordName,
  kind: z.enum(['base', 'step', 'compare']),
  /** The step that made it from `parent`, null for the base and comparators. */
  step: z.string().nullable(),
  title: z.string(),
  /** The paper's section as the figure brackets it, e.g. `Macro Design`; null where it has none. */
  section: z.string().nullable(),
  /** The variant that its delta is taken against; null for the base and comparators. */
  parent: z.string().nullable(),
  /** False for sweep values that the road does not go on with: hatched in the figure. */
  adopted: z.boolean(),
  steps: z.array(z.string()),
  resolution: count,
  macs: count,
  params: count,
  /** An earlier variant that is the same network under the same recipe: its step changes nothing here. */
  sameAs: z.string().optional(),
  /** Run hashes by seed, as of this plan. */
  runs: z.array(z.object({ seed: seedSchema, hash: hashSchema })),
});

/** A network with one of the learning rates that it is tried with, on the held-out pictures. */
const plannedTrial = z.object({
  /** Of the folder of its runs: `gelu@x0.5`. */
  name: recordName,
  variant: recordName,
  /** On the recipe's learning rate: `x0.5`. */
  factor: z.string(),
  runs: z.array(z.object({ seed: seedSchema, hash: hashSchema })),
});

/** A network whose first seed is trained a second time. */
const plannedRepeat = z.object({
  /** Of the folder of its run: `gelu@again`. */
  name: recordName,
  variant: recordName,
  runs: z.array(z.object({ seed: seedSchema, hash: hashSchema })),
});

const names = z.array(z.string());
const axis = z.object({
  step: z.string(),
  title: z.string(),
  values: z.array(z.object({ name: z.string(), label: z.string() })),
});

/** What the networks of a strategy are to each other, by their names; parents say the rest. */
const arrangementSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('random-orders'),
    steps: names,
    /** Each with the networks on its way, the start first. */
    orders: z.array(z.object({ steps: names, networks: names })),
    lawfulOrders: count,
    lawfulSets: count,
    /** Whether each order stands beside its reverse, as one draw. */
    paired: z.boolean(),
  }),
  z.object({
    kind: z.literal('factorial'),
    steps: names,
    cells: z.array(z.object({ network: z.string(), on: names })),
    /** Of a fraction: sets of steps whose joint effect is mixed up with the mean, the generators first. */
    words: z.array(names),
    generators: count,
    resolution: count.nullable(),
  }),
  z.object({
    kind: z.literal('grid'),
    across: axis,
    down: axis,
    cells: z.array(z.object({ network: z.string(), across: z.string(), down: z.string() })),
  }),
]);
const someSeeds = z.array(z.object({ variant: z.string(), seeds: z.array(seedSchema) }));

/** What of some networks a budget pays for. */
const budgetPart = z.object({
  /** Runs, or milliseconds by the estimate that `basis` names. */
  spent: z.number().min(0),
  basis: z.string().nullable(),
  kept: someSeeds,
  /** Networks with the seeds that they are not trained with. */
  leftOut: someSeeds,
});
export type BudgetPart = Frozen<z.infer<typeof budgetPart>>;

/** What of a suite its budget pays for. */
const budgetRecord = budgetPart.extend({
  /** As the suite writes it: `2h`, or `60 runs`. */
  asked: z.string(),
  /** Of the budget and of what it was chosen from: while it stays, so do the parts. */
  key: hashSchema,
  /** What it pays for of the networks that an `--only` has left, for each that there was; absent where there was none. */
  only: z.array(budgetPart.extend({ among: names })).optional(),
});
export type BudgetRecord = Frozen<z.infer<typeof budgetRecord>>;

/** How a sweep with `adopt: best` has come to its value: from which runs, and by which pictures. */
const sweepChoice = z.object({
  step: z.string(),
  /** Whose accuracy counts. */
  by: z.enum(['held-out', 'test']),
  seeds: z.array(seedSchema),
  /** In the suite's order: mean top-1 in [0, 1] over the runs that are done, and how many runs have failed. */
  values: z.array(z.object({ name: z.string(), top1: z.number().nullable(), done: count, failed: count })),
  /** Null until every run has come to an end. */
  chosen: z.string().nullable(),
});
export type SweepChoice = Frozen<z.infer<typeof sweepChoice>>;

export type PlannedArrangement = Frozen<z.infer<typeof arrangementSchema>>;

/** plan.json at the suite's folder: what the suite asks for, so that readers need neither the suite file nor plug-ins. */
export const planSchema = z.object({
  schema: z.literal('ablate/plan/1'),
  suite: recordName,
  description: z.string(),
  dataset: z.string(),
  base: z.string(),
  strategy: z.string(),
  /** Whether it leads to a network with every step of the road; absent in older plans. */
  wholeRoad: z.boolean().optional(),
  /** Absent where the strategy needs none, and in older plans. */
  arrangement: arrangementSchema.optional(),
  seeds: z.array(seedSchema),
  /** What `validate` warns of; absent in older plans. */
  warnings: z.array(z.string()).optional(),
  /** What the suite was first trained on; later starts go on there. Absent until it has been started. */
  engine: engineChoiceSchema.optional(),
  /** How the report judges, as the suite asks; absent where it asks nothing. */
  report: z
    .object({
      margin: z.number().positive().nullable().optional(),
      correction: z.enum(['family-wise', 'false-discovery']).optional(),
    })
    .optional(),
  /** What is held out of the training pictures, to choose by; absent is nothing. */
  validation: validationSchema.optional(),
  /** How each network got its learning rate; absent where the suite tunes none. */
  tuning: z
    .object({
      trials: z.array(plannedTrial),
      /** What is chosen as of this plan; networks whose trials have not ended are not among them. */
      chosen: z.array(z.object({ variant: recordName, factor: z.string() })),
    })
    .optional(),
  /** What is trained a second time; absent where nothing is. */
  repeats: z.array(plannedRepeat).optional(),
  /** Of the sweeps that leave their value to their runs, those that stand on no open one; absent where there are none. */
  choices: z.array(sweepChoice).optional(),
  /** Absent where the suite has no budget. */
  budget: budgetRecord.optional(),
  variants: z.array(plannedVariant),
});

export type PlanRecord = Frozen<z.infer<typeof planSchema>>;
export type PlannedVariant = PlanRecord['variants'][number];
