import type { ConvNetwork } from '../architecture/network.js';
import { nearest, type Problem } from '../config/problem.js';
import { applyStep, type Catalogue, missingRequirement, RoadError } from './catalogue.js';
import { isStepId } from './check-step.js';
import { changeRecipe, type Design, noRecipes, recipeProblem, startsFromBase, type SuiteRecipes } from './design.js';
import { type Choices, type Report, resolveEntry, type RoadEntry, type StepVariant, withChoice } from './entry.js';
import { isRecipeStep, resolveRecipeEntry } from './recipe-entry.js';
import { standIn } from './stand-in.js';

export type Road = readonly RoadEntry[];

/** An entry that could be read, and how to report at it. */
interface ReadEntry {
  readonly entry: RoadEntry;
  readonly report: Report;
  /** What a report about the whole entry stands under. */
  readonly on: Problem['on'];
}

/**
 * Checks a suite's road: every entry known, its options right, each at most once; where the network it starts from is
 * given, also that each step finds what it needs and gives a network, and where its recipes are, a recipe. All problems come
 * back together, with paths below `road`; entries that cannot be read are left out of the road.
 *
 * @param choices what runs have decided, of the sweeps that leave it to them
 * @param pluginsLeftOut whether names that nothing here has are taken for steps of plug-ins: behind one, entries are read only
 */
export function resolveRoad(
  entries: readonly unknown[],
  catalogue: Catalogue,
  base: ConvNetwork | null = null,
  recipes: SuiteRecipes = noRecipes,
  { pluginsLeftOut = false, choices = new Map() }: { pluginsLeftOut?: boolean; choices?: Choices } = {},
): { road: Road; problems: Problem[] } {
  const problems: Problem[] = [];
  const read = entries.flatMap((entry, index): ReadEntry[] => {
    const report: Report = (message, path = [], on = 'value') =>
      problems.push({ path: ['road', index, ...path], on, message });
    const found = readEntry(entry, index, catalogue, report, pluginsLeftOut);
    return found ? [{ ...found, entry: withChoice(found.entry, choices) }] : [];
  });
  const seen = new Set<string>();
  for (const { entry, report } of read) {
    const { name, step } = entry;
    if (seen.has(name)) {
      const what = isRecipeStep(step) ? `the recipe's ${name}` : `the step ${name}`;
      report(`${what} is on the road twice; keep one entry, or sweep over its values`);
    }
    seen.add(name);
  }
  const road = read.map(({ entry }) => entry);
  let design = base && { network: base, recipe: startsFromBase(road) ? recipes.base : recipes.recipe };
  for (const one of read) {
    const { enabled, step } = one.entry;
    if (enabled && design) design = step.leftOut ? null : walkOn(design, recipes, one);
  }
  return { road, problems };
}

function readEntry(
  written: unknown,
  at: number,
  catalogue: Catalogue,
  report: Report,
  pluginsLeftOut: boolean,
): ReadEntry | null {
  const named = nameOf(written, report);
  if (!named) return null;
  const step = catalogue.get(named.id) ?? (pluginsLeftOut && isStepId(named.id) ? standIn(named.id) : undefined);
  const on = named.path.length > 0 ? 'key' : 'value';
  if (!step) {
    const guess = nearest(named.id, [...catalogue.keys()]);
    const hint = guess ? `; did you mean "${guess}"?` : '; `ablate steps` lists them all';
    report(`there is no step "${named.id.slice(0, 60)}"${hint}`, named.path, on);
    return null;
  }
  const inside: Report = (message, path = [], place) => report(message, [...named.path, ...path], place);
  const resolve = isRecipeStep(step) ? resolveRecipeEntry : resolveEntry;
  const entry = resolve(step, at, named.value, inside);
  // The place that is told of an entry as a whole is that of its name; nothing else is written of a bare one.
  return entry && { entry, on, report: inside };
}

/** The design behind an entry: the one before it where the step fails, so that what follows is still looked at. */
function walkOn(design: Design, recipes: SuiteRecipes, { entry, report, on }: ReadEntry): Design {
  const { step, adopted, variants } = entry;
  const tell: Report = (message, path = []) => report(message, path, path.length > 0 ? 'value' : on);
  let behind = design;
  try {
    const missing = missingRequirement(step, design.network);
    if (missing) tell(`${missing}; move ${step.id} behind it, or switch ${step.id} off`);
    const said = new Set<string>();
    for (const [at, choice] of variants.entries()) {
      const place = variants.length > 1 ? ['sweep', at] : [];
      try {
        const network = applyStep(step, design.network, choice.options);
        const { recipe, problems } = changeRecipe(step, { ...design, network }, choice, recipes.recipe);
        for (const problem of problems) reportRecipe(entry, choice, problem, place, report, tell);
        if (choice === adopted) behind = { network, recipe };
      } catch (error) {
        if (!(error instanceof RoadError)) throw error;
        // What lacks its ground may well fail on it.
        if (!missing && !said.has(error.message)) tell(error.message, place);
        said.add(error.message);
      }
    }
  } catch (error) {
    if (!(error instanceof RoadError)) throw error;
    tell(error.message);
  }
  return behind;
}

/** At the field of a `recipe` entry that a problem is about; that of another step's recipe at the step, with the field. */
function reportRecipe(
  { step }: RoadEntry,
  { written = [] }: StepVariant,
  { path, on, message }: Problem,
  place: readonly (string | number)[],
  report: Report,
  tell: Report,
): void {
  const change = written.find(({ field }) => field.every((part, depth) => part === path[depth]));
  if (change) report(message, [...change.at, ...path.slice(change.field.length)], on);
  else tell(recipeProblem(step, { path, on, message }), written.length > 0 ? [] : place);
}

/** A road from the command line's `gelu,kernel-size=9`. Throws a `RoadError` with all that is wrong. */
export function parseRoad(list: string, catalogue: Catalogue): Road {
  const { road, problems } = resolveRoad(parseStepList(list), catalogue);
  if (problems.length > 0) throw new RoadError(problems.map(({ message }) => message).join('\n'));
  return road;
}

function parseStepList(list: string): unknown[] {
  return list
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const at = part.indexOf('=');
      return at < 0 ? part : { [part.slice(0, at)]: scalar(part.slice(at + 1)) };
    });
}

const scalar = (text: string): unknown => {
  if (/^\[.*\]$/.test(text))
    return text
      .slice(1, -1)
      .split(/[\s;/]+/)
      .map(scalar);
  if (text !== '' && Number.isFinite(Number(text))) return Number(text);
  return text === 'true' ? true : text === 'false' ? false : text;
};

function nameOf(entry: unknown, report: Report): { id: string; value: unknown; path: string[] } | null {
  if (typeof entry === 'string') return { id: entry, value: true, path: [] };
  const keys = entry !== null && typeof entry === 'object' && !Array.isArray(entry) ? Object.keys(entry) : [];
  if (keys.length !== 1) {
    report('expected one step: its name, or `name: off`, `name: value`, `name: { options }`');
    return null;
  }
  const id = keys[0] as string;
  return { id, value: (entry as Record<string, unknown>)[id], path: [id] };
}
