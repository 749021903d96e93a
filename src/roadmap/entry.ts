import type { z } from 'zod';
import { explainIssue } from '../config/issues.js';
import { isMapping } from '../config/merge.js';
import { nearest, type Path, type Problem } from '../config/problem.js';
import type { Step } from './step.js';

/** An entry of a suite's road, checked against its step. */
export interface RoadEntry {
  readonly step: Step;
  /** Tells it from the other entries: the step's id, or the fields that a `recipe` entry changes. */
  readonly name: string;
  readonly title: string;
  /** Its place in the suite's list. */
  readonly at: number;
  readonly enabled: boolean;
  /** What the road goes on with; of an open sweep its first value, for now. */
  readonly adopted: StepVariant;
  /** A sweep's values in order, the adopted one among them; a plain entry has only that. */
  readonly variants: readonly StepVariant[];
  /** `adopt: best`, a sweep whose runs decide: whether they have. Null: the suite says which value is adopted. */
  readonly best: 'open' | 'chosen' | null;
}

/** For each sweep that its runs have decided, the name of the value that is adopted, by the entry's name. */
export type Choices = ReadonlyMap<string, string>;

/** An entry as its runs have decided it, where they have. */
export function withChoice(entry: RoadEntry, choices: Choices): RoadEntry {
  if (entry.best === null) return entry;
  const adopted = entry.variants.find(({ name }) => name === choices.get(entry.name));
  return adopted ? { ...entry, adopted, best: 'chosen' } : entry;
}

/** A step with one choice of options, and the name of the network it gives. */
export interface StepVariant {
  readonly name: string;
  readonly title: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Of a `recipe` entry: where below the entry each field is written that it changes. */
  readonly written?: readonly { readonly field: Path; readonly at: Path }[];
}

/** Takes what is wrong with an entry, with the path below it. */
export type Report = (message: string, path?: Path, on?: Problem['on']) => void;

/** An entry by its step and what is written behind its name; null where that is wrong, which is reported. */
export function resolveEntry(step: Step, at: number, value: unknown, report: Report): RoadEntry | null {
  const entry = (adopted: StepVariant, more: Partial<RoadEntry> = {}): RoadEntry => ({
    ...{ step, name: step.id, title: step.title, at, enabled: true, adopted, variants: [adopted], best: null },
    ...more,
  });
  const off = value === false || value === 'off';
  if (off || value === true || value === 'on' || value === null) {
    const options = parseOptions(step, {}, report);
    if (!options) return null;
    return entry(variantOf(step, undefined, options), { enabled: !off });
  }
  if (isMapping(value) && 'sweep' in value) {
    const sweep = resolveSweep(value, (one, told) => withMain(step, one, told), report);
    return sweep && entry(sweep.adopted, sweep);
  }
  if (isMapping(value)) {
    const options = parseOptions(step, value, report);
    if (!options) return null;
    const main = step.main !== null && step.main in value ? value[step.main] : undefined;
    return entry(variantOf(step, main, options));
  }
  const single = withMain(step, value, report);
  return single && entry(single);
}

/** More values than anyone trains networks for. */
const mostValues = 1000;

/** What a sweep adopts where its runs are to say it. */
const byRuns = 'best';

/** A sweep's variants in order, and the one that it adopts; `made` makes each of its value. */
export function resolveSweep(
  entry: Readonly<Record<string, unknown>>,
  made: (value: unknown, report: Report) => StepVariant | null,
  report: Report,
): Pick<RoadEntry, 'adopted' | 'variants' | 'best'> | null {
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
  const variants = sweep.map((value, at) => made(value, (message) => report(message, ['sweep', at])));
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
  if (adopted < 0 && adopt === byRuns)
    return { adopted: variants[0] as StepVariant, variants: variants as StepVariant[], best: 'open' };
  if (adopted < 0) {
    const values = sweep.map((value) => JSON.stringify(value)).join(', ');
    report(
      `write \`adopt:\` with the value that the road goes on with, one of ${values}, or \`best\`, which leaves it to the runs`,
      adopt === undefined ? [] : ['adopt'],
    );
    return null;
  }
  return { adopted: variants[adopted] as StepVariant, variants: variants as StepVariant[], best: null };
}

function withMain(step: Step, value: unknown, report: Report): StepVariant | null {
  if (step.main === null) {
    report(`${step.id} has no options; write just its name, or \`${step.id}: off\``);
    return null;
  }
  const options = parseOptions(step, { [step.main]: value }, (message) => report(message));
  return options && variantOf(step, value, options);
}

function parseOptions(step: Step, value: Record<string, unknown>, report: Report): StepVariant['options'] | null {
  const parsed = step.options.safeParse(value);
  if (parsed.success) return parsed.data as StepVariant['options'];
  for (const issue of parsed.error.issues) reportIssue(step, issue, value, report);
  return null;
}

function reportIssue(step: Step, issue: z.core.$ZodIssue, value: unknown, report: Report): void {
  if (issue.code !== 'unrecognized_keys') {
    for (const { path, message } of explainIssue(issue, step.options, value)) report(`${step.id}: ${message}`, path);
    return;
  }
  const known = Object.keys((step.options as z.ZodObject).shape ?? {});
  for (const key of issue.keys) {
    const guess = nearest(key, known);
    const list = known.length > 0 ? `its options are ${known.join(', ')}` : 'it has none';
    report(`${step.id} has no option "${key}"; ${guess ? `did you mean "${guess}"?` : list}`, [key], 'key');
  }
}

function variantOf(step: Step, value: unknown, options: StepVariant['options']): StepVariant {
  if (value === undefined) return { name: step.id, title: step.title, options };
  const text = valueText(value);
  return { name: `${step.id}-${text}`, title: `${step.title} ${text}`, options };
}

/** A value as part of a variant's name. Names become folders: letters, digits and `. + _ -` stay. */
export function valueText(value: unknown): string {
  const text = Array.isArray(value)
    ? value.flat(4).join('-')
    : isMapping(value)
      ? JSON.stringify(value)
      : String(value);
  return text.replace(/[^A-Za-z0-9.+_-]+/g, '-');
}
