import type { ConvNetwork } from '../architecture/network.js';
import type { Step } from './step.js';
import { paperSteps } from './steps/index.js';

/** All steps that a road can name: the paper's, then those of plug-ins. */
export type Catalogue = ReadonlyMap<string, Step>;

/** Throws where a plug-in takes a name that is taken. */
export function createCatalogue(pluginSteps: readonly Step[] = []): Catalogue {
  const catalogue = new Map(paperSteps.map((step) => [step.id, step]));
  for (const step of pluginSteps) {
    if (catalogue.has(step.id))
      throw new Error(`a step named "${step.id}" exists already; give the plug-in's another id`);
    catalogue.set(step.id, step);
  }
  return catalogue;
}

/** A step with its options resolved, as it is recorded. */
export interface StepCall {
  readonly id: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A road that cannot be walked: an unknown step, or one before what it needs. */
export class RoadError extends Error {
  override readonly name = 'RoadError';
}

/** Applies steps in order. Throws a `RoadError` naming the step that is unknown or lacks one it needs. */
export function applySteps(network: ConvNetwork, calls: readonly StepCall[], catalogue: Catalogue): ConvNetwork {
  const done = new Set<string>();
  return calls.reduce((changed, { id, options }) => {
    const step = catalogue.get(id);
    if (!step) throw new RoadError(`there is no step "${id}"`);
    const missing = missingRequirement(step, done);
    if (missing) throw new RoadError(missing);
    done.add(id);
    return step.apply(changed, options);
  }, network);
}

/** Why `step` cannot follow the steps `done`, or null. */
export function missingRequirement(step: Step, done: ReadonlySet<string>): string | null {
  for (const [needed, reason] of Object.entries(step.requires)) {
    if (!done.has(needed)) return `${step.id} needs ${needed} before it: ${reason}`;
  }
  return null;
}
