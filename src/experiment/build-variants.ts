import { buildModel } from '../architecture/build.js';
import { namedNetwork } from '../architecture/models.js';
import type { Network } from '../architecture/network.js';
import type { Path } from '../config/problem.js';
import type { Recipe } from '../config/recipe.js';
import { countMemory, estimateTrainingBytes } from '../cost/memory.js';
import { LayerError } from '../layers/layer.js';
import { RoadError } from '../roadmap/catalogue.js';
import { pluginPlace } from '../roadmap/plugin-place.js';
import type { Variant } from '../roadmap/variants.js';
import { networkHash } from '../records/hash.js';
import type { NetworkSpec } from '../records/run.js';
import { networkOptions } from './network.js';

/** A network of a suite with everything that training it needs. */
export interface SuiteVariant {
  readonly variant: Variant;
  readonly spec: NetworkSpec;
  readonly recipe: Recipe;
  /** `networkHash` of the built network. */
  readonly digest: string;
  /** The earlier variant of the suite that is this very network under this very recipe: trained once. Null: none is. */
  readonly sameAs: string | null;
}

/** Memory of one training step beyond which a suite is surely a slip of the pen. */
const mostBytes = 2 ** 40;

export interface BuildParts {
  readonly variants: readonly Variant[];
  readonly specOf: (variant: Variant) => NetworkSpec;
  /** Null where the recipe is wrong: then networks are built and nothing is said of their memory. */
  readonly recipeOf: (variant: Variant) => Recipe | null;
  readonly recompute: 'none' | 'blocks';
  readonly report: (path: Path, message: string) => void;
  /** Where the suite names a step. */
  readonly placeOf: (step: string | null) => Path;
}

/** Builds every network of a suite; what does not fit is reported where the suite decides it, and left out. */
export function buildVariants(parts: BuildParts): SuiteVariant[] {
  const first = new Map<string, string>();
  return parts.variants.flatMap((variant): SuiteVariant[] => {
    const spec = parts.specOf(variant);
    const recipe = parts.recipeOf(variant);
    const digest = buildOne(variant, spec, recipe, parts);
    if (digest === null || !recipe) return [];
    const training = `${digest} ${trainingOf(recipe)}`;
    const sameAs = first.get(training) ?? null;
    if (sameAs === null) first.set(training, variant.name);
    return [{ variant, spec, recipe, digest, sameAs }];
  });
}

/** The network's digest; null where it cannot be, which has been reported. */
function buildOne(
  variant: Variant,
  spec: NetworkSpec,
  recipe: Recipe | null,
  { recompute, report, placeOf }: BuildParts,
): string | null {
  const cannot = (path: Path, reason: string) => report(path, `${variant.name} cannot be built: ${reason}`);
  try {
    const model = buildModel(variant.network ?? (namedNetwork(spec.base, networkOptions(spec)) as Network));
    if (recipe) {
      const batch = Math.min(recipe.micro_batch_size ?? recipe.batch_size, recipe.batch_size);
      const memory = countMemory(model, recompute);
      const bytes = estimateTrainingBytes(memory, { batch, moments: 2, precision: recipe.precision });
      // Not "more than": a size that is no number any more is too large as well.
      if (!(bytes <= mostBytes)) {
        const size = `${(bytes / 2 ** 40).toPrecision(3)} TiB`;
        const message = `a training step of ${variant.name} would need ${size} at batch ${batch}; set a smaller resolution, width or micro_batch_size`;
        report(['network'], message);
        return null;
      }
    }
    return networkHash(model);
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

/** A recipe without its names, which change no number. */
const trainingOf = ({ name: _, replaces: __, ...recipe }: Recipe): string => JSON.stringify(recipe);
