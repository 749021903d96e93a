import { buildModel } from '../architecture/build.js';
import { modelAliases, modelNames, namedNetwork } from '../architecture/models.js';
import { parseSuite } from '../config/parse.js';
import { ConfigError, nearest, type Path, type PlacedProblem } from '../config/problem.js';
import type { Recipe } from '../config/recipe.js';
import type { SuiteFile } from '../config/suite.js';
import { countMemory, estimateTrainingBytes } from '../cost/memory.js';
import { classesOf, datasetNames, datasets } from '../data/catalogue.js';
import { LayerError } from '../layers/layer.js';
import { type Catalogue, RoadError } from '../roadmap/catalogue.js';
import { resolveRoad } from '../roadmap/road.js';
import { type Variant, variantsOf } from '../roadmap/variants.js';
import { WeightsError } from '../weights/safetensors.js';
import { networkOf } from './network.js';
import { type LoadedPlugins, loadPlugins } from './plugins.js';
import type { NetworkSpec } from '../records/run.js';
import { openWeights, weightsFile } from './weights.js';

/** A network of a suite with everything that training it needs. */
export interface SuiteVariant {
  readonly variant: Variant;
  readonly spec: NetworkSpec;
  readonly recipe: Recipe;
}

/** A suite that can be trained: every network on it has been built. */
export interface OpenedSuite {
  readonly file: string;
  readonly suite: SuiteFile;
  readonly catalogue: Catalogue;
  /** Absolute paths. */
  readonly plugins: readonly string[];
  /** What they hold, and which of them a step comes from. */
  readonly pluginCode: Pick<LoadedPlugins, 'contents' | 'origins'>;
  readonly variants: readonly SuiteVariant[];
}

/** Memory of one training step beyond which a suite is surely a slip of the pen. */
const mostBytes = 2 ** 40;

/**
 * Reads a suite, its recipes and plug-ins, walks its road and builds every network. Throws a `ConfigError` with all that
 * is wrong; writes nothing.
 */
export async function openSuite(file: string): Promise<OpenedSuite> {
  const parsed = await parseSuite(file);
  const problems: PlacedProblem[] = [...parsed.problems];
  const { suite } = parsed;
  if (!suite) throw new ConfigError(problems);
  const report = (path: Path, message: string, on: 'key' | 'value' = 'value') =>
    problems.push(parsed.place({ path, on, message }));

  const { catalogue, paths, problems: pluginProblems, ...pluginCode } = await loadPlugins(suite.plugins, file);
  const { road, problems: roadProblems } = resolveRoad(suite.road, catalogue);
  problems.push(...[...pluginProblems, ...roadProblems].map((problem) => parsed.place(problem)));

  if (!Object.hasOwn(datasets, suite.dataset.name))
    report(['dataset', 'name'], unknownName('dataset', suite.dataset.name, datasetNames));
  for (const name of [suite.network.base, ...suite.compare]) {
    if (namedNetwork(name)) continue;
    const path = name === suite.network.base ? ['network', 'base'] : ['compare', suite.compare.indexOf(name)];
    report(path, unknownName('network', name, [...modelNames, ...modelAliases]));
  }
  const repeated = suite.seeds.findIndex((seed, at) => suite.seeds.indexOf(seed) !== at);
  if (repeated >= 0)
    report(['seeds', repeated], `the seed ${suite.seeds[repeated]} is there twice; each gives one run`);
  if (problems.length > 0) throw new ConfigError(problems);

  const { scale } = suite.network;
  const known = await classesOf(suite.dataset);
  const classes = suite.network.classes ?? known;
  if (classes === null) {
    report(['network'], `the pictures are not here to count their classes; add \`classes:\` with their number`);
  } else if (known !== null && classes !== known) {
    report(['network', 'classes'], `the dataset ${suite.dataset.name} has ${known} classes, not ${classes}`);
  }
  const weights = await readWeights(suite.network.weights, file, (message) => report(['network', 'weights'], message));
  const specOf = (variant: Variant): NetworkSpec => ({
    base: variant.base,
    steps: variant.steps,
    resolution: scale.resolution,
    width: scale.width,
    stemStride: scale.stem_stride,
    classes: classes ?? 1000,
    ...(scale.windows === 'divisors' && { windows: scale.windows }),
    ...(weights && { weights }),
  });
  const base = namedNetwork(suite.network.base);
  const convnet = base?.family === 'convnet' ? base : null;
  if (!convnet && road.length > 0)
    report(['network', 'base'], `the road's steps change convolutional networks; ${suite.network.base} is not one`);

  let variants: Variant[] = [];
  try {
    variants = variantsOf(suite.network.base, convnet, road, suite.strategy, suite.compare);
  } catch (error) {
    if (error instanceof RoadError) report(['strategy'], error.message);
    // Anything else comes out of a step's own code, which may be a plug-in's.
    else report(['road'], `a step of the road fails: ${error instanceof Error ? error.message : String(error)}`);
  }
  const usesBase = variants.some(({ recipe }) => recipe === 'base');
  if (usesBase && !suite.base_recipe) {
    report(
      ['recipe'],
      `the road has a step that changes the recipe, but there is none before it; add \`base_recipe:\` with a name, such as compact-sgd`,
    );
  }
  if (problems.length > 0) throw new ConfigError(problems);

  const resolved = variants.map((variant): SuiteVariant => {
    const recipe = variant.recipe === 'base' ? (suite.base_recipe as Recipe) : suite.recipe;
    return { variant, spec: specOf(variant), recipe };
  });
  for (const one of resolved)
    checkVariant(one, catalogue, suite.runner.recompute, (path, message) => report(path, message));
  for (const { variant, spec } of resolved) {
    if (problems.length === 0 && spec.weights)
      await checkWeights(spec, catalogue, (message) => report(['network', 'weights'], `${variant.name}: ${message}`));
  }
  if (problems.length > 0) throw new ConfigError(unique(problems));
  return { file, suite, catalogue, plugins: paths, pluginCode, variants: resolved };
}

/** Builds a network; what does not fit is reported where the suite decides it. */
function checkVariant(
  { variant, spec, recipe }: SuiteVariant,
  catalogue: Catalogue,
  recompute: 'none' | 'blocks',
  report: (path: Path, message: string) => void,
): void {
  try {
    const memory = countMemory(buildModel(networkOf(spec, catalogue)), recompute);
    const batch = recipe.micro_batch_size ?? recipe.batch_size;
    const bytes = estimateTrainingBytes(memory, { batch, moments: 2, precision: recipe.precision });
    if (bytes <= mostBytes) return;
    const size = `${(bytes / 2 ** 40).toPrecision(3)} TiB`;
    report(
      ['network'],
      `a training step of ${variant.name} would need ${size} at batch ${batch}; set a smaller resolution, width or micro_batch_size`,
    );
  } catch (error) {
    const ours = error instanceof LayerError || error instanceof RoadError;
    const reason = error instanceof Error ? error.message : String(error);
    // Anything else comes out of a step's own code, which may be a plug-in's.
    report(ours ? ['network'] : ['road'], `${variant.name} cannot be built: ${reason}`);
  }
}

type Report = (message: string) => void;

async function readWeights(name: string | null, suite: string, report: Report): Promise<NetworkSpec['weights']> {
  try {
    return name === null ? undefined : await weightsFile(name, suite);
  } catch (error) {
    if (!(error instanceof WeightsError)) throw error;
    report(error.message);
    return undefined;
  }
}

async function checkWeights(spec: NetworkSpec, catalogue: Catalogue, report: Report): Promise<void> {
  try {
    if (spec.weights) await (await openWeights(spec.weights, networkOf(spec, catalogue))).close();
  } catch (error) {
    if (!(error instanceof WeightsError)) throw error;
    report(error.message);
  }
}

const unknownName = (kind: string, name: string, known: readonly string[]): string => {
  const guess = nearest(name, known);
  return `there is no ${kind} "${name}"; ${guess ? `did you mean "${guess}"?` : `there are ${known.join(', ')}`}`;
};

/** The same place and words once: many variants can fail for one reason. */
function unique(problems: readonly PlacedProblem[]): PlacedProblem[] {
  const seen = new Map<string, PlacedProblem>();
  for (const problem of problems) {
    const { file, line, column } = problem;
    const key = `${file}:${line}:${column}`;
    if (!seen.has(key)) seen.set(key, problem);
  }
  return [...seen.values()];
}
