import { pluginLayers } from '../architecture/forward.js';
import type { PlacedProblem } from '../config/problem.js';
import { type Engine, EnvironmentError } from '../engine/engine.js';
import { LayerFault } from '../engine/layer-scope.js';
import { openEngine } from '../engine/open.js';
import { modelOf } from '../experiment/network.js';
import type { OpenedSuite, SuiteVariant } from '../experiment/suite.js';
import { createState } from '../training/state.js';
import { tryOut } from '../training/try-out.js';

/**
 * Runs every layer that a suite's plug-ins bring once forward, backward and in evaluation, in the networks where it stands, on
 * two pictures and on the suite's engine (wasm where that is not set up). A suite without such layers loads no engine.
 *
 * @returns what is wrong, each with the network's name, at the road's entry that brings the layer; empty where all is right.
 */
export async function tryLayers(opened: OpenedSuite): Promise<PlacedProblem[]> {
  const { suite, variants, catalogue } = opened;
  const problems: PlacedProblem[] = [];
  const tried = new Set<string>();
  let engine: Engine | null = null;
  for (const each of variants) {
    const { variant, spec, recipe } = each;
    const model = modelOf(spec, catalogue);
    const layers = pluginLayers(model).map(({ kind, path }) => `${kind} ${path}`);
    if (layers.every((layer) => tried.has(layer))) continue;
    for (const layer of layers) tried.add(layer);
    engine ??= await engineOf(suite.runner.device);
    const state = createState(engine.ops, model, recipe, 0);
    try {
      await tryOut({ engine, model, recipe, state, seed: 0 });
    } catch (error) {
      if (!(error instanceof LayerFault)) throw error;
      const message = `${variant.name} cannot be trained: ${error.message}`;
      problems.push(opened.atStep(bringer(opened, each, error), message));
    } finally {
      state.dispose();
    }
  }
  return problems;
}

/** The step that put a faulty layer into a network; a network that is itself wrong has what sets it apart. */
function bringer({ catalogue }: OpenedSuite, { spec, variant }: SuiteVariant, { place }: LayerFault): string | null {
  const added = spec.steps.find((_, at) => {
    const before = modelOf({ ...spec, steps: spec.steps.slice(0, at + 1) }, catalogue);
    return pluginLayers(before).some(({ kind, definedAt }) => kind === place.kind && definedAt === place.definedAt);
  });
  return added?.id ?? variant.step;
}

async function engineOf(device: OpenedSuite['suite']['runner']['device']): Promise<Engine> {
  try {
    return await openEngine({ device, eager: true });
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return openEngine({ device: 'wasm' });
  }
}
