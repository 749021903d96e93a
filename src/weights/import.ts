import type { Model } from '../architecture/model.js';
import type { Network } from '../architecture/network.js';
import type { ParameterSpec } from '../layers/layer.js';
import { ignorable } from './extras.js';
import { foreignShape, fromForeign, type Layout } from './layout.js';
import { foreignName, type Naming, namingsOf } from './naming/index.js';
import { openSafetensors, type SafetensorsFile, WeightsError } from './safetensors.js';
import { counted } from '../words/counted.js';

/** Weights that are known to fit a model; nothing is read before that is known. */
export interface ImportedWeights {
  readonly naming: Naming;
  /** Parameters that the file has no values for: a classifier of another size, where that was allowed. */
  readonly fresh: ReadonlySet<string>;
  /** One parameter's values in this project's layout, by its name here. */
  read(name: string): Promise<Float32Array>;
  close(): Promise<void>;
}

interface Place {
  readonly spec: ParameterSpec;
  readonly foreign: string;
  readonly layout: Layout;
}

/**
 * Opens a safetensors file for a network, in whichever naming fits best (or the one asked for). A file with missing,
 * surplus or wrongly shaped tensors is refused with the list of them: a `WeightsError`.
 *
 * @param options.freshClassifier whether a classifier of another size is left out rather than refused.
 */
export async function importWeights(
  path: string,
  network: Network,
  model: Model,
  naming?: Naming,
  { freshClassifier = false } = {},
): Promise<ImportedWeights> {
  const file = await openSafetensors(path);
  try {
    const candidates = (naming ? [naming] : namingsOf(network)).map((name) => ({
      name,
      places: placesOf(network, model, name),
    }));
    const best = candidates.reduce((one, other) => (found(file, other.places) > found(file, one.places) ? other : one));
    const fresh = new Set(freshClassifier ? otherClassifier(file, best.places) : []);
    const wrong = mismatches(file, best.places, fresh);
    if (wrong.length > 0) throw new WeightsError(refusal(path, network.name, best.name, wrong));
    const byName = new Map(best.places.map((place) => [place.spec.name, place]));
    return {
      naming: best.name,
      fresh,
      read: async (name) => {
        const { spec, foreign, layout } = byName.get(name) as Place;
        return fromForeign(await file.readFloat32(foreign), spec.shape, layout);
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function placesOf(network: Network, model: Model, naming: Naming): Place[] {
  return model.parameters.map((spec) => {
    const { name, layout } = foreignName(spec, network, naming);
    return { spec, foreign: name, layout };
  });
}

const found = ({ entries }: SafetensorsFile, places: readonly Place[]): number =>
  places.filter(({ foreign }) => entries.has(foreign)).length;

/** The classifier's parameters where the file has them for another number of classes. */
function otherClassifier({ entries }: SafetensorsFile, places: readonly Place[]): string[] {
  const own = places.filter(({ spec }) => spec.name.startsWith('head.fc.'));
  const differs = ({ spec, foreign, layout }: Place) =>
    entries.get(foreign)?.shape.join() !== foreignShape(spec.shape, layout).join();
  return own.every(({ foreign }) => entries.has(foreign)) && own.some(differs) ? own.map(({ spec }) => spec.name) : [];
}

/** What does not fit, a line each: missing, surplus, other shapes. */
function mismatches({ entries }: SafetensorsFile, places: readonly Place[], fresh: ReadonlySet<string>): string[] {
  const missing: string[] = [];
  const shapes: string[] = [];
  for (const { spec, foreign, layout } of places) {
    if (fresh.has(spec.name)) continue;
    const entry = entries.get(foreign);
    const expected = foreignShape(spec.shape, layout).join(', ');
    if (!entry) missing.push(`missing  ${foreign} [${expected}]`);
    else if (entry.shape.join(', ') !== expected)
      shapes.push(`shape    ${foreign}: expected [${expected}], found [${entry.shape.join(', ')}]`);
  }
  const known = new Set(places.map(({ foreign }) => foreign));
  const surplus = [...entries.values()].filter(({ name }) => !known.has(name) && !ignorable.test(name));
  return [...missing, ...surplus.map(({ name, shape }) => `surplus  ${name} [${shape.join(', ')}]`), ...shapes];
}

function refusal(path: string, network: string, naming: Naming, wrong: readonly string[]): string {
  const most = 20;
  const shown = wrong.slice(0, most).map((line) => `  ${line}`);
  const more = wrong.length > most ? [`  ... ${wrong.length - most} more`] : [];
  const count = counted(wrong.length, 'tensor does not fit', 'tensors do not fit');
  return [`${path} holds no ${network} in ${naming}'s names: ${count}; nothing was loaded`, ...shown, ...more].join(
    '\n',
  );
}
