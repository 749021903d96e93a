import { isMapping } from '../config/merge.js';
import type { Path } from '../config/problem.js';
import { recipeField, shortName } from '../config/recipe-fields.js';
import { type Report, resolveSweep, type RoadEntry, type StepVariant, valueText } from './entry.js';
import type { Step } from './step.js';
import { recipe } from './steps/recipe.js';

/** Whether a step is the one whose entries name fields of the recipe, of which a road may have several. */
export const isRecipeStep = ({ id }: Pick<Step, 'id'>): boolean => id === recipe.id;

/** A field that an entry changes: in the recipe, and as it is written. */
interface Change {
  /** `augmentation.mixup` */
  readonly field: string;
  /** Below the entry: `['mixup']`, `['augmentation', 'mixup']`. */
  readonly at: Path;
  readonly value: unknown;
}

/**
 * An entry of fields: `{ mixup: 0 }`, `{ augmentation.mixup: 0 }`, `{ augmentation: { mixup: 0, cutmix: 0 } }`, or a sweep
 * over one, `{ learning_rate: { sweep: [...], adopt: ... } }`. It is named after the fields, its variants after their values
 * too. Whether the values are right is seen where it is applied.
 */
export function resolveRecipeEntry(step: Step, at: number, written: unknown, report: Report): RoadEntry | null {
  if (!isMapping(written) || Object.keys(written).length === 0) {
    report('expected fields of the recipe, such as `recipe: { mixup: 0 }`; to switch the entry off, put a # before it');
    return null;
  }
  const changes = changesOf(written, [], [], report);
  if (!changes) return null;
  const name = changes.map(({ field }) => shortName(field)).join('-');
  const title = changes.map(({ field }) => labelOf(field)).join(', ');
  const entry = { step, name, at, enabled: true };
  const sweep = changes.find(({ value }) => isSweep(value));
  if (!sweep) {
    const adopted = variantOf(changes);
    return { ...entry, title: adopted.title, adopted, variants: [adopted], best: null };
  }
  if (changes.length > 1) {
    report('a sweep is over one field; write the others as entries of their own', sweep.at, 'key');
    return null;
  }
  const below: Report = (message, path = [], on) => report(message, [...sweep.at, ...path], on);
  let index = 0;
  const made = (value: unknown) => variantOf([{ ...sweep, value, at: [...sweep.at, 'sweep', index++] }]);
  const swept = resolveSweep(sweep.value as Record<string, unknown>, made, below);
  return swept && { ...entry, title, ...swept };
}

const isSweep = (value: unknown): boolean => isMapping(value) && Object.hasOwn(value, 'sweep');

/** The fields of a mapping, and of mappings in it: but for a part of another kind, which is changed as a whole. */
function changesOf(
  written: Readonly<Record<string, unknown>>,
  above: readonly string[],
  at: Path,
  report: Report,
): Change[] | null {
  const changes: Change[] = [];
  let right = true;
  for (const [key, value] of Object.entries(written)) {
    const place = [...at, key];
    let field: string;
    try {
      field = recipeField([...above, key].join('.'));
    } catch (error) {
      report((error as Error).message, place, 'key');
      right = false;
      continue;
    }
    const whole =
      !isMapping(value) || isSweep(value) || Object.hasOwn(value, 'name') || Object.keys(value).length === 0;
    const found = whole ? [{ field, at: place, value }] : changesOf(value, [field], place, report);
    if (found) changes.push(...found);
    else right = false;
  }
  return right ? changes : null;
}

function variantOf(changes: readonly Change[]): StepVariant {
  const texts = changes.map(({ value }) => textOf(value));
  return {
    name: changes.map(({ field }, at) => `${shortName(field)}-${texts[at]}`).join('-'),
    title: changes.map(({ field }, at) => `${labelOf(field)} ${texts[at]}`).join(', '),
    options: changes.reduce<Record<string, unknown>>((options, { field, value }) => put(options, field, value), {}),
    written: changes.map(({ field, at }) => ({ field: field.split('.'), at })),
  };
}

const labelOf = (field: string): string => shortName(field).replaceAll(/[._]/g, ' ');

/** `sgd-learning_rate-0.1` for a part of another kind, `defaults` for one without fields. */
function textOf(value: unknown): string {
  if (!isMapping(value)) return valueText(value);
  const parts = Object.entries(value).flatMap(([key, part]) => [...(key === 'name' ? [] : [key]), textOf(part)]);
  return valueText(parts.join('-')) || 'defaults';
}

/** A copy with a value at a dotted path. */
function put(into: Readonly<Record<string, unknown>>, path: string, value: unknown): Record<string, unknown> {
  const [first = '', ...rest] = path.split('.');
  const below = into[first];
  return { ...into, [first]: rest.length > 0 ? put(isMapping(below) ? below : {}, rest.join('.'), value) : value };
}
