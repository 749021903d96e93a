import { isMapping } from '../config/merge.js';
import { recipe as recipeStep } from '../roadmap/steps/recipe.js';
import type { RunSpec } from '../records/run.js';
import { flatten } from './design.js';
import { counted, listed, seedList } from './format.js';
import type { Row } from './study.js';

/** How a variant was trained and tested, flattened to `field path -> value`; the network itself is no part of it. */
type Protocol = ReadonlyMap<string, string>;

/** A change of protocol between variants. Serious where it is not the one change from the base's recipe to the road's. */
export interface ProtocolNotice {
  readonly serious: boolean;
  readonly text: string;
}

/**
 * Which variants were trained or tested by another protocol than most, and in which fields it differs. Fields that entries of
 * the road change are what the study varies, and no other protocol.
 *
 * @param tuned whether each network was meant to have a learning rate of its own
 */
export function protocolNotices(rows: readonly Row[], tuned = false): ProtocolNotice[] {
  const varied = [...variedFields(rows), ...(tuned ? ['optimizer.learning_rate'] : [])];
  const protocolOf = protocolReader((field) =>
    varied.some((one) => field === one || field.startsWith(`${one}.`) || one.startsWith(`${field}.`)),
  );
  const trained = rows.flatMap((row) => trainedBy(row, protocolOf));
  const groups = new Map<Protocol, typeof trained>();
  for (const one of trained) {
    const group = groups.get(one.protocol);
    if (group) group.push(one);
    else groups.set(one.protocol, [one]);
  }
  const [usual, ...others] = [...groups.values()].sort((a, b) => b.length - a.length);
  return others.flatMap((group) => {
    const [odd, even] = [group[0], usual?.[0]];
    if (!odd || !even) return [];
    const names = listed(group.map(({ name }) => name));
    const start = group.every(({ name }, at) => name === trained[at]?.name);
    const fields = differences(odd.protocol, even.protocol);
    const shown = fields.length > 6 ? [...fields.slice(0, 6), counted(fields.length - 6, 'more field')] : fields;
    const meaning = start
      ? 'the first delta after it is that of the protocol.'
      : 'their accuracies differ by protocol as well as by architecture.';
    return [{ serious: !start, text: `Another protocol than the rest: ${names} (${shown.join('; ')}); ${meaning}` }];
  });
}

/** Fields of the recipe that `recipe` entries of the road set, in any of the networks. */
function variedFields(rows: readonly Row[]): string[] {
  const steps = rows.flatMap(({ states }) => {
    const { files } = states.find(({ status }) => status === 'done') ?? {};
    return files?.run?.spec.network.steps.filter(({ id }) => id === recipeStep.id) ?? [];
  });
  // A part of another name takes the old one's place as a whole.
  return [...new Set(steps.flatMap(({ options }) => wholes(options)))];
}

function wholes(value: Readonly<Record<string, unknown>>, path = ''): string[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = path === '' ? key : `${path}.${key}`;
    return isMapping(inner) && !Object.hasOwn(inner, 'name') ? wholes(inner, here) : [here];
  });
}

/** The protocols of a variant's runs: one, unless its seeds were trained differently, which its names then say. */
function trainedBy(
  { variant, states }: Row,
  protocolOf: (spec: RunSpec) => Protocol,
): { readonly name: string; readonly protocol: Protocol }[] {
  const protocols = new Map<Protocol, number[]>();
  for (const { status, files, seed } of states) {
    if (status !== 'done' || !files.run) continue;
    const protocol = protocolOf(files.run.spec);
    const seeds = protocols.get(protocol);
    if (seeds) seeds.push(seed);
    else protocols.set(protocol, [seed]);
  }
  return [...protocols].map(([protocol, seeds]) => ({
    name:
      protocols.size === 1
        ? variant.name
        : `${variant.name} ${seeds.length === 1 ? 'seed' : 'seeds'} ${seedList(seeds)}`,
    protocol,
  }));
}

/** One object for all protocols that are equal; the runs of a suite share most of what theirs are made of. */
function protocolReader(isVaried: (field: string) => boolean): (spec: RunSpec) => Protocol {
  const numbers = new Map<object, number>();
  const numberOf = (part: object): number => {
    const number = numbers.get(part) ?? numbers.size;
    numbers.set(part, number);
    return number;
  };
  const byParts = new Map<string, Protocol>();
  const byText = new Map<string, Protocol>();
  return (spec) => {
    const held = spec.validation ? `${spec.validation.share} ${spec.validation.seed}` : '';
    const parts = [...[spec.recipe, spec.dataset, spec.network].map(numberOf), held].join(' ');
    const known = byParts.get(parts);
    if (known) return known;
    const all = readProtocol(spec);
    const made = new Map([...all].filter(([field]) => !isVaried(field)));
    const text = JSON.stringify([...made]);
    const protocol = byText.get(text) ?? made;
    byText.set(text, protocol);
    byParts.set(parts, protocol);
    return protocol;
  };
}

/** Fields of a run's recipe, data, input and starting weights as text, names and notes left out. */
function readProtocol({ recipe, dataset, network, validation }: RunSpec): Protocol {
  const { name: _, replaces: __, ...trained } = recipe;
  const { root: ___, ...data } = dataset;
  const { resolution, classes, weights } = network;
  return new Map(
    flatten({
      ...trained,
      dataset: data,
      ...(validation && { validation }),
      resolution,
      classes,
      weights: weights?.sha256.slice(0, 12) ?? 'random',
    }),
  );
}

function differences(odd: Protocol, even: Protocol): string[] {
  const keys = [...new Set([...odd.keys(), ...even.keys()])];
  return keys
    .filter((key) => odd.get(key) !== even.get(key))
    .map((key) => `${key} ${odd.get(key) ?? 'not set'} instead of ${even.get(key) ?? 'not set'}`);
}
