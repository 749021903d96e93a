import { buildModel } from '../architecture/build.js';
import { type LeafPlan, planLeaf } from '../architecture/layer-contract.js';
import { namedNetwork } from '../architecture/models.js';
import type { Model } from '../architecture/model.js';
import type { ConvNetwork } from '../architecture/network.js';
import type { Leaf } from '../architecture/tree.js';
import { walk } from '../architecture/walk.js';
import { problemsOf } from '../config/issues.js';
import { definedAt, type DrawSpec, type ParameterSpec, type Shape } from '../layers/layer.js';
import { applySteps, missingRequirement, type StepCall } from '../roadmap/catalogue.js';
import type { Step } from '../roadmap/step.js';
import { paperSteps } from '../roadmap/steps/index.js';

/** A step of a plug-in on a small network, and the layers of its own that it puts there. */
export interface StepTarget {
  readonly step: Step;
  readonly model: Model;
  /** One place a kind of layer and set of options. */
  readonly layers: readonly LayerTarget[];
}

export interface LayerTarget {
  readonly leaf: Leaf;
  readonly path: string;
  readonly input: Shape;
  readonly plan: LeafPlan;
  readonly parameters: readonly ParameterSpec[];
  readonly draws: readonly DrawSpec[];
}

/** Small enough for differences in float64, large enough for a kernel of 7 to be inside a map. */
const size = { resolution: 32, classes: 4, widthScale: 1 / 16, stemStride: 2 };

/**
 * Applies a step, its options given or as they are left out, to a small ResNet-50 behind the steps of the paper that it needs.
 * Throws what the step throws, and a `RoadError` or `LayerError` where no such network can be.
 */
export function targetOf(step: Step, given: unknown = {}): StepTarget {
  const base: ConvNetwork = { ...(namedNetwork('resnet-50', size) as ConvNetwork), depths: [1, 1, 1, 1] };
  const catalogue = new Map([...paperSteps, step].map((one) => [one.id, one]));
  const calls: StepCall[] = [];
  const callOf = (one: Step): StepCall => ({ id: one.id, options: one.options.parse({}) as StepCall['options'] });
  const needs = new Set<string>();
  const collect = ({ requires }: Step): void => {
    for (const id of Object.keys(requires)) {
      if (needs.has(id)) continue;
      needs.add(id);
      const needed = catalogue.get(id);
      if (needed) collect(needed);
    }
  };
  collect(step);
  for (const one of paperSteps) if (needs.has(one.id)) calls.push(callOf(one));
  const before = applySteps(base, calls, catalogue);
  // A step may need another of its own file, which this check does not know the options of.
  const missing = missingRequirement(step, before);
  if (missing) throw new Error(missing);
  const own: StepCall = { id: step.id, options: optionsOf(step, given) };
  const model = buildModel(applySteps(base, [...calls, own], catalogue));
  return { step, model, layers: layersOf(model) };
}

function optionsOf({ options }: Step, given: unknown): StepCall['options'] {
  const parsed = options.safeParse(given);
  if (parsed.success) return parsed.data as StepCall['options'];
  const problems = problemsOf(parsed.error, options, given).map(({ message }) => message);
  throw new Error(`its options: ${problems.join('; ')}; give them by --options, or defaults in the step`);
}

/** Of each kind the smallest place whose map a kernel of 7 does not cover, or else its first. */
function layersOf(model: Model): LayerTarget[] {
  const kinds = new Map<string, LayerTarget>();
  walk(model.tree, model.input, (visit) => {
    const { node, path, input } = visit;
    if (node.kind !== 'leaf' || definedAt(node.layer) === null) return;
    const { layer, options } = node;
    const found: LayerTarget = {
      ...{ leaf: node, path, input },
      plan: planLeaf(node, visit),
      parameters: layer.parameters(options, input),
      draws: layer.draws?.(options, input) ?? [],
    };
    const key = `${layer.kind} ${JSON.stringify(options)} ${input.length}`;
    const other = kinds.get(key);
    const roomy = ([height = 0]: Shape): boolean => input.length !== 3 || height >= 7;
    if (!other || (roomy(input) && area(input) < area(other.input))) kinds.set(key, found);
  });
  return [...kinds.values()];
}

const area = (shape: Shape): number => shape.reduce((product, side) => product * side, 1);
