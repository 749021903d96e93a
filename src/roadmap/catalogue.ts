import { deepFreeze } from '../architecture/freeze.js';
import { networkProblems } from '../architecture/check-network.js';
import type { ConvNetwork } from '../architecture/network.js';
import { pluginPlace } from './plugin-place.js';
import { checkStep } from './check-step.js';
import type { Step } from './step.js';
import { writtenBy } from './unchanged.js';
import { paperSteps } from './steps/index.js';
import { recipe } from './steps/recipe.js';

/** All steps that a road can name: the paper's, the one that changes fields of the recipe, then those of plug-ins. */
export type Catalogue = ReadonlyMap<string, Step>;

/** Throws where a plug-in's step is not one, or takes a name that is taken. */
export function createCatalogue(pluginSteps: readonly Step[] = []): Catalogue {
  const catalogue = new Map([...paperSteps, recipe as unknown as Step].map((step) => [step.id, step]));
  for (const step of pluginSteps) {
    checkStep(step);
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

/** A road that cannot be walked: an unknown step, one before what it needs, or one that fails. */
export class RoadError extends Error {
  override readonly name = 'RoadError';
  constructor(
    message: string,
    /** The step that is to blame, where it is one. */
    readonly step: string | null = null,
  ) {
    super(message);
  }
}

/** Applies steps in order. Throws a `RoadError` naming the step that is unknown, fails or lacks what it needs. */
export function applySteps(network: ConvNetwork, calls: readonly StepCall[], catalogue: Catalogue): ConvNetwork {
  return calls.reduce((changed, { id, options }) => {
    const step = catalogue.get(id);
    if (!step) throw new RoadError(`there is no step "${id}"`, id);
    const missing = missingRequirement(step, changed);
    if (missing) throw new RoadError(missing, id);
    return applyStep(step, changed, options);
  }, network);
}

/**
 * A step's network. What it is given is frozen: other variants are made from it too. Throws a `RoadError` with the line of
 * the plug-in where the step throws, and one where what it returns is no network.
 */
export function applyStep(step: Step, network: ConvNetwork, options: StepCall['options']): ConvNetwork {
  deepFreeze(network);
  deepFreeze(options);
  const changed = guarded(step, () => step.apply(network, options));
  mustLeave(step, [network, options], step.apply);
  const problems = networkProblems(changed).map((problem) => problem.replace(/^recipe: .*/, oldRecipe));
  for (const field of ['family', 'channels', 'classes'] as const) {
    if (problems.length === 0 && changed[field] !== network[field])
      problems.push(`${field}: a step cannot change it from ${network[field]} to ${changed[field]}`);
  }
  if (problems.length > 0) {
    const where = step.definedAt ? ` (${step.definedAt})` : '';
    throw new RoadError(`the step ${step.id}${where} gives no network that can be: ${problems.join('; ')}`, step.id);
  }
  return changed;
}

/** For steps that were written when a network named its recipe. */
const oldRecipe =
  'recipe: a network has no such field; a step changes the recipe by a function of its own, such as recipe: (recipe) => ({ ...recipe, ema: null })';

/** Why `step` cannot be applied to a network, with the step that would give what it lacks; or null. */
export function missingRequirement(step: Step, network: ConvNetwork): string | null {
  deepFreeze(network);
  for (const [giver, { has, why }] of Object.entries(step.requires)) {
    const given = guarded(step, () => has(network));
    mustLeave(step, [network], has);
    if (!given) return `${step.id} needs ${giver} before it: ${why}`;
  }
  return null;
}

const networkCopy = { what: 'network', copy: '{ ...network, block: { ...network.block, kernel: 9 } }' };

/**
 * Throws a `RoadError` where a plug-in's code writes into what it is given. In strict mode it fails on the frozen record by
 * itself; other code does not, and has to be run once more, on copies.
 */
export function mustLeave<Given extends readonly unknown[]>(
  step: Step,
  given: Given,
  run: (...copies: Given) => unknown,
  { what, copy } = networkCopy,
): void {
  if (step.definedAt === null) return;
  const written = guarded(step, () => writtenBy(given, run), { what, copy });
  if (written !== null) {
    throw new RoadError(
      `the step ${step.id} (${step.definedAt}) ${changes(what, copy)} (it writes ${written}, which does nothing without strict mode)`,
      step.id,
    );
  }
}

const changes = (what: string, copy: string): string =>
  `changes the ${what} that it is given, which others are made from too; it must return a changed copy, such as ${copy}`;

/** Runs a step's own code, which may be a plug-in's. `given`: what it must leave as it is, and how it makes a copy. */
export function guarded<Result>(step: Step, run: () => Result, given = networkCopy): Result {
  try {
    return run();
  } catch (error) {
    const place = error instanceof Error ? pluginPlace(error.stack) : null;
    const where = place ? ` (${place})` : '';
    const reason = error instanceof Error ? (error.message.split('\n')[0] as string) : String(error);
    // What engines say of a frozen record; a step that wants another network must make one.
    const writes =
      error instanceof TypeError && /read.only|not extensible|Cannot (delete|define|redefine)/.test(reason);
    throw new RoadError(
      writes
        ? `the step ${step.id}${where} ${changes(given.what, given.copy)} (${reason})`
        : `the step ${step.id}${where} fails: ${reason}`,
      step.id,
    );
  }
}
