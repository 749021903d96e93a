import type { z } from 'zod';
import { nearest, type Problem } from '../config/problem.js';
import type { ConvNetwork } from '../architecture/network.js';
import { applyStep, type Catalogue, missingRequirement, RoadError } from './catalogue.js';
import type { Step } from './step.js';

/** An entry of a suite's road, checked against its step. */
export interface RoadEntry {
  readonly step: Step;
  readonly enabled: boolean;
  /** What the road goes on with. */
  readonly adopted: StepVariant;
  /** A sweep's values in order, the adopted one among them; a plain entry has only that. */
  readonly variants: readonly StepVariant[];
}

/** A step with one choice of options, and the name of the network it gives. */
export interface StepVariant {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

export type Road = readonly RoadEntry[];

/**
 * Checks a suite's road: every step known, its options right, each step at most once; where the network it starts from is
 * given, also that each finds what it needs and gives a network. All problems come back together, with paths below `road`;
 * entries that cannot be read are left out of the road.
 */
export function resolveRoad(
  entries: readonly unknown[],
  catalogue: Catalogue,
  base: ConvNetwork | null = null,
): { road: Road; problems: Problem[] } {
  const problems: Problem[] = [];
  const road: RoadEntry[] = [];
  const seen = new Set<string>();
  let network = base;
  entries.forEach((entry, index) => {
    const report = (message: string, path: readonly (string | number)[] = [], on: Problem['on'] = 'value') =>
      problems.push({ path: ['road', index, ...path], on, message });
    const named = nameOf(entry, report);
    if (!named) return;
    const step = catalogue.get(named.id);
    if (!step) {
      const guess = nearest(named.id, [...catalogue.keys()]);
      const hint = guess ? `; did you mean "${guess}"?` : '; `ablate steps` lists them all';
      report(`there is no step "${named.id.slice(0, 60)}"${hint}`, named.path, named.path.length > 0 ? 'key' : 'value');
      return;
    }
    if (seen.has(step.id)) report(`the step ${step.id} is on the road twice; keep one entry, or sweep over its values`);
    seen.add(step.id);
    const resolved = resolveEntry(step, named.value, (message, path = [], on) =>
      report(message, [...named.path, ...path], on),
    );
    if (!resolved) return;
    if (resolved.enabled && network) {
      const on = named.path.length > 0 ? 'key' : 'value';
      network = walkOn(network, resolved, (message, path = []) =>
        report(message, [...named.path, ...path], path.length > 0 ? 'value' : on),
      );
    }
    road.push(resolved);
  });
  return { road, problems };
}

/** The network behind an entry: the one before it where the step fails, so that what follows is still looked at. */
function walkOn(network: ConvNetwork, { step, adopted, variants }: RoadEntry, report: Report): ConvNetwork {
  let behind = network;
  try {
    const missing = missingRequirement(step, network);
    if (missing) report(`${missing}; move ${step.id} behind it, or switch ${step.id} off`);
    const said = new Set<string>();
    for (const [at, choice] of variants.entries()) {
      try {
        const made = applyStep(step, network, choice.options);
        if (choice === adopted) behind = made;
      } catch (error) {
        if (!(error instanceof RoadError)) throw error;
        // What lacks its ground may well fail on it.
        if (!missing && !said.has(error.message)) report(error.message, variants.length > 1 ? ['sweep', at] : []);
        said.add(error.message);
      }
    }
  } catch (error) {
    if (!(error instanceof RoadError)) throw error;
    report(error.message);
  }
  return behind;
}

/** A road from the command line's `gelu,kernel-size=9`. Throws a `RoadError` with all that is wrong. */
export function parseRoad(list: string, catalogue: Catalogue): Road {
  const { road, problems } = resolveRoad(parseStepList(list), catalogue);
  if (problems.length > 0) throw new RoadError(problems.map(({ message }) => message).join('\n'));
  return road;
}

function parseStepList(list: string): unknown[] {
  return list
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const at = part.indexOf('=');
      return at < 0 ? part : { [part.slice(0, at)]: scalar(part.slice(at + 1)) };
    });
}

const scalar = (text: string): unknown => {
  if (/^\[.*\]$/.test(text))
    return text
      .slice(1, -1)
      .split(/[\s;/]+/)
      .map(scalar);
  if (text !== '' && Number.isFinite(Number(text))) return Number(text);
  return text === 'true' ? true : text === 'false' ? false : text;
};

type Report = (message: string, path?: readonly (string | number)[], on?: Problem['on']) => void;

function nameOf(entry: unknown, report: Report): { id: string; value: unknown; path: string[] } | null {
  if (typeof entry === 'string') return { id: entry, value: true, path: [] };
  const keys = entry !== null && typeof entry === 'object' && !Array.isArray(entry) ? Object.keys(entry) : [];
  if (keys.length !== 1) {
    report('expected one step: its name, or `name: off`, `name: value`, `name: { options }`');
    return null;
  }
  const id = keys[0] as string;
  return { id, value: (entry as Record<string, unknown>)[id], path: [id] };
}

function resolveEntry(step: Step, value: unknown, report: Report): RoadEntry | null {
  const off = value === false || value === 'off';
  if (off || value === true || value === 'on' || value === null) {
    const options = parseOptions(step, {}, report);
    if (!options) return null;
    const adopted = { name: step.id, options };
    return { step, enabled: !off, adopted, variants: [adopted] };
  }
  if (isRecord(value) && 'sweep' in value) return resolveSweep(step, value, report);
  if (isRecord(value)) {
    const options = parseOptions(step, value, report);
    if (!options) return null;
    const main = step.main !== null && step.main in value ? value[step.main] : undefined;
    const adopted = { name: variantName(step, main), options };
    return { step, enabled: true, adopted, variants: [adopted] };
  }
  const single = withMain(step, value, report);
  return single && { step, enabled: true, adopted: single, variants: [single] };
}

/** More values than anyone trains networks for. */
const mostValues = 1000;

function resolveSweep(step: Step, entry: Record<string, unknown>, report: Report): RoadEntry | null {
  const { sweep, adopt, ...rest } = entry;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) {
    report(`a sweep has only \`sweep\` and \`adopt\`; remove "${unknown}"`, [unknown], 'key');
    return null;
  }
  if (!Array.isArray(sweep) || sweep.length === 0) {
    report('expected a list of values to sweep over, such as [5, 7, 9]', ['sweep']);
    return null;
  }
  if (sweep.length > mostValues) {
    report(`a sweep of ${sweep.length} values gives more than ${mostValues} networks`, ['sweep']);
    return null;
  }
  const variants = sweep.map((value, at) => withMain(step, value, (message) => report(message, ['sweep', at])));
  if (variants.some((variant) => variant === null)) return null;
  const names = variants.map((variant) => (variant as StepVariant).name);
  const repeated = names.findIndex((name, at) => names.indexOf(name) !== at);
  if (repeated >= 0) {
    report(`the value ${JSON.stringify(sweep[repeated])} is in the sweep twice: two networks of one name`, [
      'sweep',
      repeated,
    ]);
    return null;
  }
  const adopted = sweep.findIndex((value) => JSON.stringify(value) === JSON.stringify(adopt));
  if (adopted < 0) {
    const values = sweep.map((value) => JSON.stringify(value)).join(', ');
    report(
      `write \`adopt:\` with the value that the road goes on with, one of ${values}`,
      adopt === undefined ? [] : ['adopt'],
    );
    return null;
  }
  return { step, enabled: true, adopted: variants[adopted] as StepVariant, variants: variants as StepVariant[] };
}

function withMain(step: Step, value: unknown, report: Report): StepVariant | null {
  if (step.main === null) {
    report(`${step.id} has no options; write just its name, or \`${step.id}: off\``);
    return null;
  }
  const options = parseOptions(step, { [step.main]: value }, (message) => report(message));
  return options && { name: variantName(step, value), options };
}

function parseOptions(step: Step, value: Record<string, unknown>, report: Report): StepVariant['options'] | null {
  const parsed = step.options.safeParse(value);
  if (parsed.success) return parsed.data as StepVariant['options'];
  for (const issue of parsed.error.issues) reportIssue(step, issue, report);
  return null;
}

function reportIssue(step: Step, issue: z.core.$ZodIssue, report: Report): void {
  if (issue.code !== 'unrecognized_keys') {
    report(
      `${step.id}: ${issue.message}`,
      issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part)),
    );
    return;
  }
  const known = Object.keys((step.options as z.ZodObject).shape ?? {});
  for (const key of issue.keys) {
    const guess = nearest(key, known);
    const list = known.length > 0 ? `its options are ${known.join(', ')}` : 'it has none';
    report(`${step.id} has no option "${key}"; ${guess ? `did you mean "${guess}"?` : list}`, [key], 'key');
  }
}

/** Names of variants become folders: of a value, letters, digits and `. + _ -` stay. */
function variantName(step: Step, value: unknown): string {
  if (value === undefined) return step.id;
  const text = Array.isArray(value) ? value.flat(4).join('-') : isRecord(value) ? JSON.stringify(value) : String(value);
  return `${step.id}-${text.replace(/[^A-Za-z0-9.+_-]+/g, '-')}`;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
