import type { RunSpec } from '../records/run.js';
import { listed } from './format.js';
import { counted } from '../words/counted.js';
import type { Row } from './study.js';

/** How a variant was trained and tested, flattened to `field path -> value`; the network itself is no part of it. */
type Protocol = ReadonlyMap<string, string>;

/** A change of protocol between variants. Serious where it is not the one change from the base's recipe to the road's. */
export interface ProtocolNotice {
  readonly serious: boolean;
  readonly text: string;
}

/** Which variants were trained or tested by another protocol than most, and in which fields it differs. */
export function protocolNotices(rows: readonly Row[]): ProtocolNotice[] {
  const trained = rows.flatMap(({ variant, states }) => {
    const spec = states.find(({ status, files }) => status === 'done' && files.run)?.files.run?.spec;
    return spec ? [{ variant, protocol: protocolOf(spec) }] : [];
  });
  const groups = new Map<string, typeof trained>();
  for (const one of trained) {
    const key = JSON.stringify([...one.protocol]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const [usual, ...others] = [...groups.values()].sort((a, b) => b.length - a.length);
  return others.flatMap((group) => {
    const [odd, even] = [group[0], usual?.[0]];
    if (!odd || !even) return [];
    const names = listed(group.map(({ variant }) => variant.name));
    const start = group.every(({ variant }, at) => variant.name === trained[at]?.variant.name);
    const fields = differences(odd.protocol, even.protocol);
    const shown = fields.length > 6 ? [...fields.slice(0, 6), counted(fields.length - 6, 'more field')] : fields;
    const meaning = start
      ? 'the first delta after it is that of the protocol.'
      : 'their accuracies differ by protocol as well as by architecture.';
    return [{ serious: !start, text: `Another protocol than the rest: ${names} (${shown.join('; ')}); ${meaning}` }];
  });
}

/** Fields of a run's recipe, data, input and starting weights as text, names and notes left out. */
function protocolOf({ recipe, dataset, network }: RunSpec): Protocol {
  const { name: _, replaces: __, ...trained } = recipe;
  const { root: ___, ...data } = dataset;
  const { resolution, classes, weights } = network;
  return new Map(
    flatten({ ...trained, dataset: data, resolution, classes, weights: weights?.sha256.slice(0, 12) ?? 'random' }),
  );
}

function flatten(value: unknown, path = ''): [string, string][] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [[path, JSON.stringify(value)]];
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, inner]) => flatten(inner, path === '' ? key : `${path}.${key}`));
}

function differences(odd: Protocol, even: Protocol): string[] {
  const keys = [...new Set([...odd.keys(), ...even.keys()])];
  return keys
    .filter((key) => odd.get(key) !== even.get(key))
    .map((key) => `${key} ${odd.get(key) ?? 'not set'} instead of ${even.get(key) ?? 'not set'}`);
}
