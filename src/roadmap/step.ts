import { z } from 'zod';
import type { ConvNetwork } from '../architecture/network.js';
import type { Recipe } from '../config/recipe.js';
import { pluginPlace } from './plugin-place.js';

/** What the paper measured for a step: ImageNet-1K top-1 in percent before and after, ResNet-50 regime. */
export interface Measured {
  readonly from: number;
  readonly to: number;
}

/** Something that a network must have before a step can be applied to it. */
export interface Requirement {
  readonly has: (network: ConvNetwork) => boolean;
  /** Why the step needs it, as the end of a sentence. */
  readonly why: string;
}

/** What a step's change of the recipe may look at. */
export interface RecipeContext {
  /** The suite's `recipe`, whatever the road has made of it. */
  readonly suite: Recipe;
  /** As the step leaves it. */
  readonly network: ConvNetwork;
}

/**
 * One change of a design: a pure function from network to network, one from recipe to recipe, or both, with everything that
 * a reader, the command line and the report need to know about it. A network does not depend on its recipe: the records
 * build it again from its steps alone. Nothing else in the code knows a step's name.
 */
export interface Step<Options = unknown> {
  /** Lower-case words and hyphens: what the suite's road lists. */
  readonly id: string;
  readonly title: string;
  /** Of the paper: `2.2`. */
  readonly section: string | null;
  /** How Figure 2 brackets it: `Macro Design`. */
  readonly group: string | null;
  /** What the change is said to do, in one sentence. */
  readonly claim: string;
  /** What the network must have, by the step that would give it. */
  readonly requires: Readonly<Record<string, Requirement>>;
  readonly options: z.ZodType<Options>;
  /** The option that `step: value` and `--with step=value` set, and that a sweep varies. */
  readonly main: string | null;
  readonly measured: Measured | null;
  /** `file:line` of a plug-in's definition; null for the steps that ship. */
  readonly definedAt: string | null;
  readonly apply: (network: ConvNetwork, options: Options) => ConvNetwork;
  /** Null, or absent in steps of an older version: the recipe stays. */
  readonly recipe?: ((recipe: Recipe, options: Options, context: RecipeContext) => Recipe) | null;
  /** Which of the suite's recipes a road with this step starts from; absent is `recipe`. */
  readonly startsFrom?: 'recipe' | 'base_recipe';
  /** Of a plug-in whose code is not run: `standIn`. */
  readonly leftOut?: true;
}

export interface StepDefinition<Schema extends z.ZodType> {
  readonly id: string;
  readonly title: string;
  readonly section?: string;
  readonly group?: string;
  readonly claim: string;
  /** `{ 'depthwise-conv': { has: ({ block }) => block.groups !== 1, why: '...' } }` */
  readonly requires?: Readonly<Record<string, Requirement>>;
  /** A strict zod object; left out, the step has no options. */
  readonly options?: Schema;
  readonly main?: string;
  readonly measured?: Measured;
  /** A changed copy of the network. A step has this, `recipe`, or both. */
  apply?(network: ConvNetwork, options: z.infer<Schema>): ConvNetwork;
  /** A changed copy of the recipe: `(recipe) => ({ ...recipe, ema: null })`. */
  recipe?(recipe: Recipe, options: z.infer<Schema>, context: RecipeContext): Recipe;
  readonly startsFrom?: 'recipe' | 'base_recipe';
}

/** Declares a step; see src/roadmap/steps for those of the paper and docs/extending.md for your own. */
export function defineStep<Schema extends z.ZodType = z.ZodObject<Record<never, never>>>(
  definition: StepDefinition<Schema>,
): Step<z.infer<Schema>> {
  const { apply, recipe } = definition;
  return {
    section: null,
    group: null,
    requires: {},
    main: null,
    measured: null,
    startsFrom: 'recipe',
    definedAt: pluginPlace(new Error().stack),
    ...definition,
    options: (definition.options ?? z.strictObject({})) as z.ZodType<z.infer<Schema>>,
    // With neither there is no step, which the catalogue says.
    apply: apply ?? (recipe ? (network) => network : (undefined as never)),
    recipe: recipe ?? null,
  };
}
