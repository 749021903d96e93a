import type { Recipe } from '../config/recipe.js';
import { factorOf, type TuneConfig } from '../config/tune.js';
import type { SuiteVariant } from './build-variants.js';

/** A network with one of the learning rates that it is tried with. */
export interface Trial {
  /** `gelu@x0.5`: the folder of its records. */
  readonly name: string;
  readonly variant: string;
  /** As the suite writes it: `x0.5`. */
  readonly factor: string;
  readonly recipe: Recipe;
}

/** The trials of each network that is trained; what is an earlier one's network takes that one's rate. */
export function trialsOf(variants: readonly SuiteVariant[], tune: TuneConfig): Trial[] {
  return variants.flatMap(({ variant: { name }, recipe, sameAs }) =>
    sameAs !== null
      ? []
      : tune.learning_rate.map((factor) => ({
          name: `${name}@${factor}`,
          variant: name,
          factor,
          recipe: shortened(withRate(recipe, factor), tune.epochs),
        })),
  );
}

/** The recipe with its learning rate times a factor, and named after it. */
export function withRate(recipe: Recipe, factor: string): Recipe {
  if (factorOf(factor) === 1) return recipe;
  const { optimizer } = recipe;
  return {
    ...recipe,
    name: `${recipe.name}, learning rate ${factor}`,
    optimizer: { ...optimizer, learning_rate: optimizer.learning_rate * factorOf(factor) },
  };
}

function shortened(recipe: Recipe, epochs: number | null): Recipe {
  if (epochs === null || epochs === recipe.epochs) return recipe;
  const { schedule } = recipe;
  const ratio = epochs / recipe.epochs;
  const warmup_epochs = schedule.warmup_epochs * ratio;
  return {
    ...recipe,
    epochs,
    schedule:
      schedule.name === 'step'
        ? { ...schedule, warmup_epochs, every_epochs: schedule.every_epochs * ratio }
        : { ...schedule, warmup_epochs },
  };
}
