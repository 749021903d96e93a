import type { ParsedSuite, SuiteParts } from '../config/parse.js';
import { inOrder, oncePerPlace, type Path, type PlacedProblem, type Problem } from '../config/problem.js';
import { onlyEvaluatedApart, onlyRateApart, trainingOf } from '../config/same-training.js';
import type { SuiteFile } from '../config/suite.js';
import { pairWarnings, placedWarnings, recipeWarnings } from '../config/warnings.js';
import type { Undone } from '../roadmap/undone.js';
import type { SuiteVariant } from './build-variants.js';

interface Known {
  readonly usesBase: boolean;
  readonly unknownSteps: boolean;
  readonly placeOf: (step: string | null) => Path;
  readonly sweeps: readonly { readonly step: string }[];
  readonly undone: readonly Undone[];
  readonly suite: SuiteFile;
}

const warn = (path: Path, message: string, on: Problem['on'] = 'value'): Problem => ({ path, message, on });

/** What of a suite can be trained and is hardly meant. */
export function warningsOf(
  parsed: Pick<ParsedSuite, 'place' | 'file'>,
  parts: SuiteParts,
  built: readonly SuiteVariant[],
  known: Known,
): PlacedProblem[] {
  const kinds = [
    ofPair(parts, known),
    ofBase(parts, known),
    onTestSet(known),
    ofSeeds(known),
    ofRates(built, known),
    ofUndone(known),
    ofIdle(built, parts, known),
    ofEvaluation(built, known),
  ];
  return inOrder([
    ...oncePerPlace(ofRecipes(parsed, parts, built, known)),
    ...kinds.flatMap((warnings) => oncePerPlace(warnings.map((one) => parsed.place(one)))),
  ]);
}

/** Of the suite's own recipes at their fields, of what steps make of them at the steps. */
function ofRecipes(
  { place, file }: Pick<ParsedSuite, 'place' | 'file'>,
  { recipe, baseRecipe }: SuiteParts,
  built: readonly SuiteVariant[],
  { usesBase, placeOf }: Known,
): PlacedProblem[] {
  const used = [recipe, usesBase ? baseRecipe : null].flatMap((one) => one ?? []);
  const ofOwn = used.flatMap((one) => placedWarnings(one.recipe, one.place, file));
  const said = new Set(ofOwn.map(({ message }) => message));
  const ofSteps = built.flatMap(({ variant, recipe: own }) =>
    recipeWarnings(own).flatMap(({ message }) => {
      if (said.has(message)) return [];
      said.add(message);
      return [place({ path: placeOf(variant.step), on: 'value', message: `${variant.name}: ${message}` })];
    }),
  );
  return [...ofOwn, ...ofSteps];
}

const ofPair = ({ recipe, baseRecipe }: SuiteParts, { usesBase }: Known): Problem[] =>
  recipe && baseRecipe && usesBase
    ? pairWarnings(recipe.recipe, baseRecipe.recipe).map(({ message }) => warn([baseRecipe.field], message))
    : [];

/** A step whose code was not run may be the one that it is for. */
const ofBase = ({ baseRecipe }: SuiteParts, { usesBase, unknownSteps }: Known): Problem[] =>
  baseRecipe?.field === 'base_recipe' && !usesBase && !unknownSteps
    ? [warn(['base_recipe'], 'no network is trained by it: the road has no step that changes the recipe', 'key')]
    : [];

const onTestSet = ({ suite, sweeps, placeOf }: Known): Problem[] =>
  suite.validation === null
    ? sweeps.map(({ step }) =>
        warn(
          placeOf(step),
          `${step} adopts the best by the test set, which flatters what is chosen by it; \`validation: { share: 0.1 }\` holds training pictures out to choose by`,
        ),
      )
    : [];

function ofSeeds({ suite: { tune, seeds } }: Known): Problem[] {
  const shared = (tune?.seeds ?? []).filter((seed) => seeds.includes(seed));
  if (shared.length === 0) return [];
  const free = seeds.includes(100) ? Math.max(...seeds) + 1 : 100;
  const message = `networks are compared with ${shared.length === 1 ? 'the seed' : 'the seeds'} ${shared.join(', ')} too: the rate that was best with a seed flatters the run of that seed; take others, such as [${free}]`;
  return [warn(['tune', 'seeds'], message)];
}

/** Entries of the road that change what `tune` chooses anew for every network. */
const ofRates = (built: readonly SuiteVariant[], { suite, placeOf }: Known): Problem[] =>
  (suite.tune ? beside(built) : []).flatMap(([one, parent]) => {
    if (!onlyRateApart(trainingOf(one.recipe), trainingOf(parent.recipe))) return [];
    const { name, step } = one.variant;
    const message = `${name} is ${parent.variant.name} with another learning rate, and \`tune\` gives each of them the rate that is best for it: what is compared is where the tried rates lie; take out the entry or \`tune\``;
    return [warn(placeOf(step), message)];
  });

const ofUndone = ({ undone }: Known): Problem[] =>
  undone.map(({ entry, by }) => {
    const instead = by.step.startsFrom === 'base_recipe' ? ', or write it into base_recipe' : '';
    const message = `behind ${by.name} the recipe is as it would be without ${entry.name}: what ${by.name} is said to bring is that reversal too; move ${entry.name} behind it${instead}`;
    return warn(['road', entry.at], message);
  });

function ofIdle(built: readonly SuiteVariant[], { compare }: SuiteParts, { placeOf }: Known): Problem[] {
  const byName = new Map(built.map((one) => [one.variant.name, one]));
  return built.flatMap(({ variant, recipe, sameAs }) => {
    if (sameAs === null || variant.awaits !== null) return [];
    const { name, kind, step, parent } = variant;
    const path = kind === 'compare' ? ['compare', compare.indexOf(name)] : placeOf(step);
    if (parent !== sameAs) return [warn(path, `${name} is the same network as ${sameAs}, and is trained once`)];
    const why = sameFields(recipe, byName.get(sameAs)?.recipe)
      ? `it is the network ${sameAs}`
      : `nothing in the recipe makes use of what it sets, so that it is ${sameAs}`;
    return [warn(path, `${name} changes nothing here: ${why}, and is trained once`)];
  });
}

/** Whether two recipes have the same fields, whatever their names. */
function sameFields(one: SuiteVariant['recipe'], other: SuiteVariant['recipe'] | undefined): boolean {
  const unnamed = (recipe: typeof other) => JSON.stringify({ ...recipe, name: '', replaces: null });
  return unnamed(one) === unnamed(other);
}

/** Networks that are trained just as the one that they are set against, and evaluated more often or in other batches. */
const ofEvaluation = (built: readonly SuiteVariant[], { placeOf }: Known): Problem[] =>
  beside(built).flatMap(([one, parent]) => {
    const apart = onlyEvaluatedApart(trainingOf(one.recipe), trainingOf(parent.recipe));
    const { name, step } = one.variant;
    const message = `${name} is trained just as ${parent.variant.name} is: ${apart.join(' and ')} changes nothing of the network after its last epoch, so that its runs are those of ${parent.variant.name} once more; set it in the suite's recipe instead`;
    return apart.length === 0 ? [] : [warn(placeOf(step), message)];
  });

/** Each network that is trained, with the one that it is set against, where both are one network under two recipes. */
function beside(built: readonly SuiteVariant[]): (readonly [one: SuiteVariant, parent: SuiteVariant])[] {
  const byName = new Map(built.map((one) => [one.variant.name, one]));
  return built.flatMap((one) => {
    const parent = byName.get(one.variant.parent ?? '');
    const alike = parent && parent.built.digest === one.built.digest && parent.built.layers === one.built.layers;
    return alike && one.sameAs === null ? [[one, parent] as const] : [];
  });
}
