import { buildModel } from '../architecture/build.js';
import type { Model } from '../architecture/model.js';
import { namedNetwork } from '../architecture/models.js';
import type { Network } from '../architecture/network.js';
import { visitsOf } from '../architecture/walk.js';
import type { Path } from '../config/problem.js';
import type { Recipe } from '../config/recipe.js';
import { trainingOf } from '../config/same-training.js';
import { countCost } from '../cost/count.js';
import { countMemory, estimateTrainingBytes, type MemoryCount } from '../cost/memory.js';
import { LayerError } from '../layers/layer.js';
import { RoadError } from '../roadmap/catalogue.js';
import { pluginPlace } from '../roadmap/plugin-place.js';
import type { Variant } from '../roadmap/variants.js';
import { networkHash } from '../records/hash.js';
import type { NetworkSpec } from '../records/run.js';
import { counted } from '../words/counted.js';
import { networkOptions } from './network.js';

/** A network of a suite with everything that training it needs. */
export interface SuiteVariant {
  readonly variant: Variant;
  readonly spec: NetworkSpec;
  readonly recipe: Recipe;
  readonly built: BuiltNetwork;
  /** The earlier variant of the suite that is this very network under a recipe that trains it alike: trained once. Null: none is. */
  readonly sameAs: string | null;
}

/** What is kept of a built network: the tree of each would fill the memory on a road of many. */
export interface BuiltNetwork {
  /** `networkHash` of it. */
  readonly digest: string;
  readonly resolution: number;
  readonly macs: number;
  readonly params: number;
  /** Estimate of a training step's memory. */
  readonly bytes: number;
  /** Its layers by number: two of one kind's name, of two plug-ins, need not compute the same. */
  readonly layers: string;
}

/** Pictures a pass. */
export const passSize = ({ micro_batch_size, batch_size }: Recipe): number =>
  Math.min(micro_batch_size ?? batch_size, batch_size);

/** Why so many ranks cannot share a step's passes; null where they can. */
function unshared(name: string, recipe: Recipe, ranks: number): string | null {
  const passes = recipe.batch_size / passSize(recipe);
  if (passes % ranks === 0) return null;
  const most = Math.floor(recipe.batch_size / ranks);
  const next =
    recipe.batch_size % ranks === 0
      ? `set recipe.micro_batch_size to ${most} or a part of it`
      : `${ranks} ranks do not divide batch_size ${recipe.batch_size} either`;
  return `${ranks} ranks cannot share the steps of ${name}, which have ${counted(passes, 'pass', 'passes')} of ${counted(passSize(recipe), 'picture')}; ${next}`;
}

/** Memory of one training step beyond which a suite is surely a slip of the pen. */
const mostBytes = 2 ** 40;

export interface BuildParts {
  readonly variants: readonly Variant[];
  readonly specOf: (variant: Variant) => NetworkSpec;
  readonly recompute: 'none' | 'blocks';
  /** Processes that share a step's passes. */
  readonly ranks: number;
  readonly report: (path: Path, message: string) => void;
  /** Where the suite names a step. */
  readonly placeOf: (step: string | null) => Path;
}

/** What a network is once it is built, however it is trained. */
interface Counted {
  readonly digest: string;
  readonly resolution: number;
  readonly macs: number;
  readonly params: number;
  readonly memory: MemoryCount;
  readonly layers: string;
}

/** What has been built, so that variants that differ in their recipes alone are built once, and the numbers of layers and functions. */
interface Known {
  readonly networks: Map<string, Counted>;
  readonly numbers: Map<object, number>;
}

/** Builds every network of a suite; what does not fit is reported where the suite decides it, and left out. */
export function buildVariants(parts: BuildParts): SuiteVariant[] {
  const first = new Map<string, string>();
  const known: Known = { networks: new Map(), numbers: new Map() };
  return parts.variants.flatMap((variant): SuiteVariant[] => {
    const spec = parts.specOf(variant);
    // Null where the suite's is wrong: then networks are built and nothing is said of their memory.
    const { recipe } = variant;
    const built = buildOne(variant, spec, recipe, known, parts);
    if (!built || !recipe) return [];
    const reason = unshared(variant.name, recipe, parts.ranks);
    if (reason) parts.report(['runner', 'ranks'], reason);
    const training = `${built.digest} ${built.layers} ${JSON.stringify(trainingOf(recipe))}`;
    const sameAs = first.get(training) ?? null;
    if (sameAs === null) first.set(training, variant.name);
    return [{ variant, spec, recipe, built, sameAs }];
  });
}

/** Null where the network cannot be, which has been reported. */
function buildOne(
  variant: Variant,
  spec: NetworkSpec,
  recipe: Recipe | null,
  known: Known,
  { recompute, report, placeOf }: BuildParts,
): BuiltNetwork | null {
  const cannot = (path: Path, reason: string) => report(path, `${variant.name} cannot be built: ${reason}`);
  try {
    const network = variant.network ?? (namedNetwork(spec.base, networkOptions(spec)) as Network);
    const { memory, ...counted } = buildOnce(network, recompute, known);
    const bytes = recipe ? trainingBytes(memory, recipe) : 0;
    // Not "more than": a size that is no number any more is too large as well.
    if (recipe && !(bytes <= mostBytes)) {
      const size = `${(bytes / 2 ** 40).toPrecision(3)} TiB`;
      const message = `a training step of ${variant.name} would need ${size} at batch ${passSize(recipe)}; set a smaller resolution, width or micro_batch_size`;
      report(['network'], message);
      return null;
    }
    return { ...counted, bytes };
  } catch (error) {
    if (error instanceof LayerError || error instanceof RoadError) cannot(['network'], error.message);
    else {
      // Out of a plug-in's own layers or rewrites: whatever it throws is told where it did.
      const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
      const place = pluginPlace(stack);
      cannot(placeOf(variant.step), place ? `${message} (${place})` : message);
    }
    return null;
  }
}

function buildOnce(network: Network, recompute: 'none' | 'blocks', { networks, numbers }: Known): Counted {
  const key = keyOf(network, numbers);
  const before = networks.get(key);
  if (before) return before;
  const model = buildModel(network);
  const { macs, params } = countCost(model);
  const counted: Counted = {
    digest: networkHash(model),
    resolution: model.input[0] as number,
    macs,
    params,
    memory: countMemory(model, recompute),
    layers: layersOf(model, numbers),
  };
  networks.set(key, counted);
  return counted;
}

/** A network's fields as text, equal where they all are: functions (slots, rewrites) by number, and what is no finite number is no null. */
function keyOf(network: Network, numbers: Map<object, number>): string {
  return JSON.stringify(network, (_, value) => {
    if (typeof value === 'function') return { function: numberOf(value, numbers) };
    return typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))
      ? { is: String(value) }
      : value;
  });
}

function numberOf(one: object, numbers: Map<object, number>): number {
  const number = numbers.get(one) ?? numbers.size;
  numbers.set(one, number);
  return number;
}

function trainingBytes(memory: MemoryCount, recipe: Recipe): number {
  const moments = recipe.optimizer.name === 'adamw' ? 2 : 1;
  const { precision } = recipe;
  return estimateTrainingBytes(memory, { batch: passSize(recipe), moments, precision });
}

function layersOf(model: Model, numbers: Map<object, number>): string {
  const found = new Set<number>();
  for (const { node } of visitsOf(model)) if (node.kind === 'leaf') found.add(numberOf(node.layer, numbers));
  return [...found].join();
}
