import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { modelAliases, modelNames, namedNetwork } from '../architecture/models.js';
import type { ConvNetwork } from '../architecture/network.js';
import { parseSuite, type SuiteParts } from '../config/parse.js';
import { ConfigError, inOrder, nearest, oncePerPlace, type Path, type PlacedProblem } from '../config/problem.js';
import type { NetworkConfig } from '../config/network.js';
import type { Setting } from '../config/settings.js';
import type { SuiteFile } from '../config/suite.js';
import { classesOf, datasetNames, datasets } from '../data/catalogue.js';
import type { Arrangement } from '../roadmap/arrangement.js';
import { type Catalogue, RoadError } from '../roadmap/catalogue.js';
import type { Choices } from '../roadmap/entry.js';
import { startsFromBase, type SuiteRecipes } from '../roadmap/design.js';
import { resolveRoad, type Road } from '../roadmap/road.js';
import type { OwnStrategy } from '../roadmap/strategies/own.js';
import { type Undone, undoneEntries } from '../roadmap/undone.js';
import { type Chosen, strategyProblem, type Variant, variantsOf } from '../roadmap/variants.js';
import type { NetworkSpec } from '../records/run.js';
import { WeightsError } from '../weights/safetensors.js';
import { buildVariants, type SuiteVariant } from './build-variants.js';
import { networkOf, networkOptions } from './network.js';
import type { LoadedPlugins } from './plugins.js';
import { type LeftOut, openPlugins, type PluginChoice, withoutUnknown } from './suite-plugins.js';
import { warningsOf } from './suite-warnings.js';
import { openWeights, weightsFile } from './weights.js';

export type { SuiteVariant } from './build-variants.js';

/** A suite that can be trained: every network on it has been built. */
export interface OpenedSuite {
  readonly file: string;
  /** Folders and files in it are absolute. */
  readonly suite: SuiteFile;
  readonly catalogue: Catalogue;
  /** Absolute paths. */
  readonly plugins: readonly string[];
  /** What they hold, and which of them a step comes from. */
  readonly pluginCode: Pick<LoadedPlugins, 'contents' | 'origins'>;
  readonly variants: readonly SuiteVariant[];
  readonly arrangement: Arrangement | null;
  /** Whether the strategy leads to a network with every step of the road, as those that cross or halve them do not. */
  readonly wholeRoad: boolean;
  /** Sweeps that leave it to their runs which value is adopted, in the road's order. */
  readonly sweeps: readonly OpenedSweep[];
  /** What can be trained and is hardly meant, at its place: a rate that never drops, a step that changes nothing. */
  readonly warnings: readonly PlacedProblem[];
  /** A problem at the road's entry of a step; at the road itself where it has none. */
  readonly atStep: (step: string | null, message: string) => PlacedProblem;
  /** What is not in `variants`, since the plug-ins' code was not run; null where there is nothing of the kind. */
  readonly leftOut: LeftOut | null;
}

/** A sweep with `adopt: best`. */
export interface OpenedSweep {
  /** The entry's name. */
  readonly step: string;
  /** Names of its networks, in the suite's order. */
  readonly values: readonly string[];
  /** Whether its value is chosen. */
  readonly open: boolean;
}

/** More runs than this are a slip of the pen. */
const mostRuns = 100_000;
/** More problems than anyone mends in one go. */
const mostProblems = 200;

type Report = (path: Path, message: string, on?: 'key' | 'value') => void;

/**
 * Reads a suite, its recipes and plug-ins, walks its road and builds every network. Throws a `ConfigError` with all that
 * is wrong, of every kind: what is wrong in one part keeps nothing else from being looked at. Writes nothing.
 *
 * @param settings fields otherwise than in the file: the suite is as if they stood there
 * @param choices what the runs of its sweeps have decided
 */
export async function openSuite(
  file: string,
  settings: readonly Setting[] = [],
  plugins: PluginChoice = {},
  choices: Choices = new Map(),
): Promise<OpenedSuite> {
  const parsed = await parseSuite(file, settings);
  const { parts } = parsed;
  if (!parts) throw new ConfigError(parsed.problems);
  const problems: PlacedProblem[] = [...parsed.problems];
  const report: Report = (path, message, on = 'value') => {
    if (problems.length < mostProblems) problems.push(parsed.place({ path, on, message }));
  };

  const { catalogue, paths, contents, origins, strategies, unread } = await openPlugins(parts, file, plugins, report);
  checkNames(parts, report);
  const unknown = strategyProblem(parts.strategy, strategies);
  if (unknown !== null) report(['strategy'], unknown);
  const dataset = parts.dataset && { ...parts.dataset, root: fromSuite(parts.dataset.root, file) };
  const classes = await countClasses(parts, dataset, report);
  const weights = await readWeights(parts.network?.weights ?? null, file, report);
  const scale = parts.network?.scale;
  const specOf = ({ base, steps }: Pick<Variant, 'base' | 'steps'>): NetworkSpec => ({
    base,
    steps,
    resolution: scale?.resolution ?? null,
    width: scale?.width ?? 1,
    stemStride: scale?.stem_stride ?? null,
    classes,
    ...(scale?.windows === 'divisors' && { windows: scale.windows }),
    ...(weights && { weights }),
  });

  const { recipe, baseRecipe } = parts;
  const recipes = { recipe: recipe?.recipe ?? null, base: baseRecipe?.recipe ?? null };
  const asked = unknown === null ? parts : { ...parts, strategy: 'cumulative' as const };
  const walked = walkRoad(asked, { catalogue, strategies }, recipes, specOf, report, {
    pluginsLeftOut: unread.length > 0,
    choices,
  });
  const { road, arrangement, undone } = walked;
  const { variants, leftOut } = withoutUnknown(walked.variants, road, unread);
  const usesBase = variants.length > 0 && startsFromBase(road);
  if (usesBase && recipe && !parts.namesBase) {
    report(
      ['recipe'],
      `the road has a step that changes the recipe, but there is none before it; add \`base_recipe:\` with a name, such as compact-sgd`,
    );
  }
  checkTuning(parsed.suite, report);
  const seeds = Math.max(1, parts.seeds.length);
  if (variants.length * seeds > mostRuns)
    report(['seeds'], `${variants.length} networks and ${seeds} seeds are more than ${mostRuns} runs`);

  const unbuilt: PlacedProblem[] = [];
  const placeOf = (step: string | null): Path => entryPath(road, step);
  const built = buildVariants({
    variants,
    specOf,
    recompute: parts.runner.recompute,
    ranks: parts.runner.ranks,
    report: (path, message) => unbuilt.push(parsed.place({ path, on: 'value', message })),
    placeOf,
  });
  problems.push(...oncePerPlace(unbuilt));
  const told = problems.length === 0 && weights ? await checkWeights(built, catalogue, report) : [];
  if (problems.length === 0) checkRepeats(parsed.suite, built, leftOut, report);
  if (problems.length > 0 || !parsed.suite || !dataset) throw new ConfigError(inOrder(problems).slice(0, mostProblems));
  const sweeps = sweepsOf(road);
  const unknownSteps = (leftOut?.steps ?? []).length > 0;
  // Lists of names that are ours: the bound on what a suite's own text may make of a message is not for them.
  const atWeights = parsed.place({ path: ['network', 'weights'], on: 'value', message: '' });
  const warnings = [
    ...warningsOf(parsed, parts, built, { usesBase, unknownSteps, placeOf, sweeps, undone, suite: parsed.suite }),
    ...told.map((message) => ({ ...atWeights, message })),
  ];
  return {
    file,
    suite: { ...parsed.suite, dataset },
    catalogue,
    plugins: paths,
    pluginCode: { contents, origins },
    variants: built,
    arrangement: leftOut ? null : arrangement,
    wholeRoad: leadsToWhole(walked),
    sweeps,
    warnings,
    atStep: (step, message) => parsed.place({ path: placeOf(step), on: 'value', message }),
    leftOut,
  };
}

/** The cells of a factorial or grid are read together, none of them as where a road ends. */
function leadsToWhole({ road, variants, arrangement }: Chosen & { road: Road }): boolean {
  const on = road.filter(({ enabled }) => enabled).length;
  const whole = variants.some(({ kind, adopted, steps }) => kind === 'step' && adopted && steps.length === on);
  return whole && arrangement?.kind !== 'factorial' && arrangement?.kind !== 'grid';
}

const sweepsOf = (road: Road): OpenedSweep[] =>
  road.flatMap(({ name, best, variants, enabled }) =>
    best === null || !enabled ? [] : [{ step: name, values: variants.map((one) => one.name), open: best === 'open' }],
  );

/** A path as the suite means it: relative to its file. */
const fromSuite = (path: string | null, file: string): string | null =>
  path === null ? null : resolve(dirname(file), path);

function checkNames({ dataset, network, compare, seeds }: SuiteParts, report: Report): void {
  if (dataset && !Object.hasOwn(datasets, dataset.name))
    report(['dataset', 'name'], unknownName('dataset', dataset.name, datasetNames));
  const known = [...modelNames, ...modelAliases];
  if (network && !namedNetwork(network.base)) report(['network', 'base'], unknownName('network', network.base, known));
  for (const [at, name] of compare.entries()) {
    if (typeof name !== 'string') continue;
    if (!namedNetwork(name)) report(['compare', at], unknownName('network', name, known));
    else if (compare.indexOf(name) !== at) report(['compare', at], `${name} is there twice; keep one of the two`);
    else if (name === network?.base)
      report(['compare', at], `${name} is the base, which stands beside the road already; remove it here`);
  }
  const seen = new Set<unknown>();
  for (const [at, seed] of seeds.entries()) {
    if (seen.has(seed) && typeof seed === 'number')
      report(['seeds', at], `the seed ${seed} is there twice; each gives one run`);
    seen.add(seed);
  }
}

function checkTuning(suite: SuiteFile | null, report: Report): void {
  if (!suite?.tune) return;
  if (!suite.validation)
    report(['tune'], 'rates are chosen on held-out pictures; add `validation: { share: 0.1 }`', 'key');
  const { epochs } = suite.tune;
  if (epochs !== null && epochs > suite.recipe.epochs)
    report(
      ['tune', 'epochs'],
      `a trial of ${epochs} epochs is longer than the runs, which have ${suite.recipe.epochs}`,
    );
}

/** Whether what is to be trained a second time is there; what stands on code that was not run may be. */
function checkRepeats(
  suite: SuiteFile | null,
  built: readonly SuiteVariant[],
  leftOut: LeftOut | null,
  report: Report,
): void {
  const names = built.map(({ variant }) => variant.name);
  for (const [at, name] of (suite?.repeat ?? []).entries()) {
    if (!names.includes(name) && !leftOut) report(['repeat', at], unknownName('network of this suite', name, names));
    else if (suite?.repeat.indexOf(name) !== at)
      report(['repeat', at], `${name} is there twice; one network is trained a second time once`);
  }
}

/** The dataset's number of classes, or the suite's; 1000 where neither is known, which has been reported. */
async function countClasses(
  { network }: SuiteParts,
  dataset: SuiteFile['dataset'] | null,
  report: Report,
): Promise<number> {
  const given = network?.classes ?? null;
  if (!dataset || !Object.hasOwn(datasets, dataset.name)) return given ?? 1000;
  const known = await classesOf(dataset);
  if (given === null && known === null) {
    const where =
      dataset.root === null
        ? 'the pictures are not here to count their classes'
        : `${existsSync(dataset.root) ? 'there are no pictures to count the classes of in' : 'there is no folder'} ${dataset.root} (relative to the suite's file)`;
    report(
      dataset.root === null ? ['network'] : ['dataset', 'root'],
      `${where}; mend dataset.root, or add \`classes:\` with their number`,
    );
  }
  if (given !== null && known !== null && given !== known)
    report(['network', 'classes'], `the dataset ${dataset.name} has ${known} classes, not ${given}`);
  return given ?? known ?? 1000;
}

/** The networks that the suite asks for; none where the road or its start is wrong, which has been reported. */
function walkRoad(
  { network, road: entries, strategy, compare }: SuiteParts,
  { catalogue, strategies }: { readonly catalogue: Catalogue; readonly strategies: readonly OwnStrategy[] },
  recipes: SuiteRecipes,
  specOf: (variant: Pick<Variant, 'base' | 'steps'>) => NetworkSpec,
  report: Report,
  more: { readonly pluginsLeftOut: boolean; readonly choices: Choices },
): Chosen & { road: Road; undone: readonly Undone[] } {
  const named = network && namedNetwork(network.base, networkOptions(specOf({ base: network.base, steps: [] })));
  const base: ConvNetwork | null = named?.family === 'convnet' ? named : null;
  const { road, problems } = resolveRoad(entries, catalogue, base, recipes, more);
  const none = { variants: [], arrangement: null, road, undone: [] };
  for (const { path, message, on } of problems) report(path, message, on);
  if (!network || !named) return none;
  if (!base && entries.length > 0) {
    report(['network', 'base'], `the road's steps change convolutional networks; ${network.base} is not one`);
    return none;
  }
  if (problems.length > 0) return none;
  const comparators = compare.filter((name): name is string => typeof name === 'string' && namedNetwork(name) !== null);
  try {
    const others = [...new Set(comparators)].filter((name) => name !== network.base);
    const chosen = variantsOf(network.base, base, road, strategy, others, recipes, strategies);
    const recipe = startsFromBase(road) ? recipes.base : recipes.recipe;
    return { ...chosen, road, undone: base ? undoneEntries(road, { network: base, recipe }, recipes.recipe) : [] };
  } catch (error) {
    if (!(error instanceof RoadError)) throw error;
    report(error.step === null ? ['strategy'] : entryPath(road, error.step), error.message);
    return none;
  }
}

/** Where the suite's road has an entry; the road itself where it has not. */
function entryPath(road: Road, name: string | null): Path {
  const entry = road.find((one) => one.name === name || one.step.id === name);
  return entry ? ['road', entry.at] : ['road'];
}

async function readWeights(
  given: NetworkConfig['weights'],
  suite: string,
  report: Report,
): Promise<NetworkSpec['weights']> {
  try {
    return given === null ? undefined : await weightsFile(given, suite);
  } catch (error) {
    if (!(error instanceof WeightsError)) throw error;
    report(['network', 'weights'], error.message);
    return undefined;
  }
}

/** How the weights that the networks start from fit each of them, where there is something to tell. */
async function checkWeights(
  built: readonly SuiteVariant[],
  catalogue: Catalogue,
  report: Report,
): Promise<readonly string[]> {
  const told: string[] = [];
  for (const { variant, spec } of built) {
    if (!spec.weights) continue;
    try {
      const weights = await openWeights(spec.weights, networkOf(spec, catalogue));
      await weights.close();
      if (weights.partial) told.push(`${variant.name}: ${weights.lines.join('\n')}`);
    } catch (error) {
      if (!(error instanceof WeightsError)) throw error;
      report(['network', 'weights'], `${variant.name}: ${error.message}`);
      return [];
    }
  }
  return told;
}

const unknownName = (kind: string, name: string, known: readonly string[]): string => {
  const guess = nearest(name, known);
  const shown = name.length > 60 ? `${name.slice(0, 57)}...` : name;
  return `there is no ${kind} "${shown}"; ${guess ? `did you mean "${guess}"?` : `there are ${known.join(', ')}`}`;
};
