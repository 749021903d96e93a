import type { Recipe } from '../config/recipe.js';
import { applyStep, missingRequirement, RoadError } from './catalogue.js';
import { changeRecipe, type Design, recipeProblem } from './design.js';
import type { RoadEntry, StepVariant } from './entry.js';

/** A place on a road: the design that the steps so far have made. Every design is made once, however many go over it. */
export interface Place {
  readonly design: Design;
  /** The place behind a further step. Throws a `RoadError` naming the entry where it fails or lacks what it needs. */
  follow(entry: RoadEntry, choice?: StepVariant): Place;
  /** Whether the network has what a step needs, and the recipe what it changes. */
  admits(entry: RoadEntry): boolean;
}

/** Where all roads from a design start. `suite`: the recipe that steps may take over. */
export function startAt(design: Design, suite: Recipe | null): Place {
  /** Behind a step of which nothing is known: anything may stand there. */
  const unknown: Place = { design, admits: () => true, follow: () => unknown };
  const behind = new Map<StepVariant, Place>();
  const changed = ({ step }: RoadEntry, choice: StepVariant) => {
    const network = applyStep(step, design.network, choice.options);
    return { network, ...changeRecipe(step, { ...design, network }, choice, suite) };
  };
  return {
    design,
    admits: (entry) =>
      entry.step.leftOut === true ||
      (missingRequirement(entry.step, design.network) === null &&
        (!entry.step.recipe || changed(entry, entry.adopted).problems.length === 0)),
    follow(entry, choice = entry.adopted) {
      if (entry.step.leftOut) return unknown;
      const known = behind.get(choice);
      if (known) return known;
      const { step, name } = entry;
      const missing = missingRequirement(step, design.network);
      if (missing) throw new RoadError(missing, name);
      const { network, recipe, problems } = changed(entry, choice);
      const [problem] = problems;
      if (problem) throw new RoadError(`${choice.name}: ${recipeProblem(step, problem)}`, name);
      const made = startAt({ network, recipe }, suite);
      behind.set(choice, made);
      return made;
    },
  };
}
