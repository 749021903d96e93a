import { buildModel } from '../architecture/build.js';
import type { Model } from '../architecture/model.js';
import { modelNames, namedNetwork } from '../architecture/models.js';
import type { Network } from '../architecture/network.js';
import { WeightsError } from './error.js';
import { type Fit, fitOf, type Source } from './fit.js';
import { canResize } from './position-bias.js';
import { bestReading, type Reading } from './reading.js';
import type { SafetensorsFile } from './safetensors.js';

/** What would make a refused file fit, where there is one way. */
export function suggestion(
  { path, entries }: SafetensorsFile,
  own: Network,
  model: Model,
  options: { readonly prefix?: string | undefined },
  reading: Reading,
  { exact, missing, extra, size }: Fit,
): string | null {
  const only = missing.length === 0 && extra.length === 0;
  if (only && size.every(({ place, entries: found }) => canResize(place, found))) {
    return '--resize-position-bias interpolates the tables as timm does (in a suite: weights: { file, resize_position_bias: true })';
  }
  const classes = only ? classesIn(size) : null;
  if (classes !== null) return `--classes ${classes}, or --allow size for a classifier that starts anew`;
  if (exact.length > reading.places.length / 2) return null;
  const prefix = options.prefix === undefined ? prefixThatFits(path, entries, own, model) : null;
  if (prefix !== null) return `--prefix ${prefix} (in a suite: weights: { file, prefix: ${prefix} })`;
  const fitting = modelNames.find((name) => {
    const network = namedNetwork(name) as Network;
    const other = fitUnder(path, entries, network, buildModel(network), options.prefix);
    if (other === null) return false;
    const head = other.missing.length === 0 ? other.size : other.missing.map((place) => ({ place }));
    return (
      other.extra.length === 0 &&
      other.exact.length > 0 &&
      head.every(({ place }) => place.spec.name.startsWith('head.fc.'))
    );
  });
  if (fitting === own.name)
    return `the file holds ${fitting} in its full size; --model ${fitting} and nothing that changes it`;
  if (fitting !== undefined) return `the file holds ${fitting}; --model ${fitting}`;
  return null;
}

/** How a file's tensors below a prefix fit a network; null where the network is there twice, or nothing is. */
function fitUnder(
  path: string,
  entries: SafetensorsFile['entries'],
  network: Network,
  model: Model,
  prefix: string | undefined,
): Fit | null {
  try {
    return fitOf(bestReading(path, entries, network, model, { naming: undefined, prefix, partial: false }), false);
  } catch (error) {
    if (error instanceof WeightsError) return null;
    throw error;
  }
}

/** Prefixes that are tried, the most frequent first, and the parts that each may have. */
const mostPrefixes = 24;
const mostParts = 3;

/** The prefix below which a file has all of a network, whatever people called it; null where there is none. */
function prefixThatFits(
  path: string,
  entries: SafetensorsFile['entries'],
  network: Network,
  model: Model,
): string | null {
  const counts = new Map<string, number>();
  for (const name of entries.keys()) {
    const parts = name.split('.').slice(0, -1);
    for (let length = 1; length <= Math.min(mostParts, parts.length); length++) {
      const prefix = `${parts.slice(0, length).join('.')}.`;
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
    }
  }
  const frequent = [...counts].sort(([, one], [, other]) => other - one).slice(0, mostPrefixes);
  const found = frequent.find(([prefix]) => {
    const fit = fitUnder(path, entries, network, model, prefix);
    return fit !== null && fit.exact.length > 0 && fit.missing.length === 0 && fit.size.length === 0;
  });
  return found?.[0] ?? null;
}

/** The classes of a file whose classifier alone has another size; null where more differs. */
function classesIn(size: readonly Source[]): number | null {
  const count = size[0]?.entries[0]?.shape[0];
  const others = size.every(({ place, entries: [entry] }) => {
    const [, ...inputs] = place.tensors[0]?.shape ?? [];
    const isHead = place.spec.name.startsWith('head.fc.') && entry !== undefined;
    return isHead && entry.shape.join() === [count, ...inputs].join();
  });
  return others && count !== undefined ? count : null;
}
