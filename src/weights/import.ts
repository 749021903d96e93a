import type { Model } from '../architecture/model.js';
import type { Network } from '../architecture/network.js';
import { WeightsError } from './error.js';
import { type Allowance, checkTypes, type Fit, fitOf, type Source } from './fit.js';
import { type Naming, namingsOf } from './naming/index.js';
import { openWeights } from './open.js';
import { fromTensors, type Place } from './place.js';
import { resizePositionBias } from './position-bias.js';
import { bestReading, type Reading } from './reading.js';
import type { SafetensorsFile } from './safetensors.js';
import { suggestion } from './suggest.js';
import { loadedLines, nothingText, refusalText } from './words.js';

/** How a file may be read and what it may lack. */
export interface ImportOptions {
  /** Whose names the file has; left out, those that fit best. */
  readonly naming?: Naming | undefined;
  /** What stands in front of the file's names; left out, the common prefix that fits best. */
  readonly prefix?: string | undefined;
  readonly allow?: readonly Allowance[] | undefined;
  /** Whether Swin's tables of position biases are interpolated to other windows, as timm does. */
  readonly resizePositionBias?: boolean | undefined;
  /** Whether a classifier that is absent or of another size is left out rather than refused. */
  readonly freshClassifier?: boolean | undefined;
}

/** Weights that are known to fit a model; nothing is read before that is known. */
export interface ImportedWeights {
  readonly naming: Naming;
  /** Where each parameter lies in the file, by its names without the prefix. */
  readonly places: readonly Place[];
  /** The prefix that was taken off the file's names; empty where there was none. */
  readonly prefix: string;
  /** Parameters that the file has no values for. */
  readonly fresh: ReadonlySet<string>;
  /** What was loaded and what was not, for people: one line where the file has it all. */
  readonly lines: readonly string[];
  /** Whether the file is more than this network under its naming's own names: there is something to tell. */
  readonly partial: boolean;
  /** One parameter's values in this project's layout, by its name here. */
  read(name: string): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Opens weights (a safetensors file, an index of shards, or a folder with either) for a network, in whichever naming fits
 * best. Missing, surplus or wrongly shaped tensors are refused with the list of them, where they are not allowed: a
 * `WeightsError`.
 */
export async function importWeights(
  path: string,
  network: Network,
  model: Model,
  options: ImportOptions = {},
): Promise<ImportedWeights> {
  const file = await openWeights(path);
  try {
    const allow = new Set(options.allow);
    const { naming, prefix } = options;
    const reading = bestReading(path, file.entries, network, model, { naming, prefix, partial: allow.size > 0 });
    const fit = fitOf(reading, options.resizePositionBias ?? false);
    const classifier = options.freshClassifier ? freshClassifier(reading, fit) : new Set<Place>();
    const refused = notAllowed(fit, allow, classifier);
    if (refused.missing.length + refused.extra.length + refused.size.length > 0 || fit.exact.length === 0)
      throw new WeightsError(refusal(file, network, model, options, reading));
    checkTypes(path, fit);
    const fresh = [...fit.missing, ...fit.size.map(({ place }) => place)];
    const lines = loadedLines(path, network, reading, fit, fresh);
    return {
      naming: reading.naming,
      places: reading.places,
      prefix: reading.view.prefix,
      fresh: new Set(fresh.map(({ spec }) => spec.name)),
      lines,
      partial: lines.length > 1 || reading.view.prefix !== '' || reading.view.wrappers.length > 0,
      read: readerOf(file, fit),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** What keeps a file from being loaded: that which differs and is not allowed to. */
const notAllowed = (fit: Fit, allow: ReadonlySet<Allowance>, classifier: ReadonlySet<Place>) => ({
  missing: allow.has('missing') ? [] : fit.missing.filter((place) => !classifier.has(place)),
  extra: allow.has('extra') ? [] : fit.extra,
  size: allow.has('size') ? [] : fit.size.filter(({ place }) => !classifier.has(place)),
});

/** Why a file is not loaded, by the reading that makes most of it: of a network on the road, in the names of its ends. */
function refusal(file: SafetensorsFile, network: Network, model: Model, options: ImportOptions, own: Reading): string {
  const { path, entries } = file;
  const { naming, prefix } = options;
  const onRoad = namingsOf(network).length === 1;
  const reading = onRoad ? bestReading(path, entries, network, model, { naming, prefix, partial: true }) : own;
  const fit = fitOf(reading, options.resizePositionBias ?? false);
  const next = suggestion(file, network, model, options, reading, fit);
  if (reading.score === 0) return nothingText(path, network, reading, next);
  const classifier = options.freshClassifier ? freshClassifier(reading, fit) : new Set<Place>();
  const refused = notAllowed(fit, new Set(fit.exact.length === 0 ? [] : options.allow), classifier);
  return refusalText(path, network, reading, { exact: fit.exact, ...refused }, next);
}

/** The classifier's parameters where the file has none of them, or has them for another number of classes. */
function freshClassifier({ places }: Reading, { missing, size }: Fit): Set<Place> {
  const own = places.filter(({ spec }) => spec.name.startsWith('head.fc.'));
  const absent = own.every((place) => missing.includes(place));
  const other = own.every((place) => !missing.includes(place)) && size.some(({ place }) => own.includes(place));
  return new Set(absent || other ? own : []);
}

/** Reads a parameter's tensors one after the other and turns them into this project's layout. */
function readerOf(file: SafetensorsFile, { exact, resized }: Fit): ImportedWeights['read'] {
  const sources = new Map<string, Source>([...exact, ...resized].map((source) => [source.place.spec.name, source]));
  const tables = new Set(resized);
  return async (name) => {
    const source = sources.get(name);
    if (!source) throw new Error(`${file.path} has no values for ${name}`);
    const values: Float32Array[] = [];
    for (const entry of source.entries) values.push(await file.readFloat32(entry.name));
    if (!tables.has(source)) return fromTensors(source.place, values);
    const [to, heads] = source.place.spec.shape as [number, number];
    return resizePositionBias(values[0] as Float32Array, source.entries[0]?.shape[0] as number, to, heads);
  };
}
