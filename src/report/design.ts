import type { RunRecord } from '../records/run.js';

/** A field in which two designs differ, with what each has; null where it has none. */
export interface DesignField {
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
}

/**
 * In what two runs differ by design, field by field: network, recipe, data. Steps are compared as a list, each with its options,
 * so that one in another place shows too. Names, folders and devices are no part of a design.
 */
export function designDifferences(before: RunRecord, after: RunRecord): DesignField[] {
  const [a, b] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((field) => a.get(field) !== b.get(field))
    .map((field) => ({ field, before: a.get(field) ?? null, after: b.get(field) ?? null }));
}

function fieldsOf({ spec: { network, recipe, dataset, validation } }: RunRecord): Map<string, string> {
  const { steps, weights, ...scale } = network;
  const { name: _, replaces: __, ...trained } = recipe;
  const { root: ___, ...data } = dataset;
  const stepFields = new Map<string, string>();
  for (const { id, options } of steps) {
    const key = `step ${id}`;
    const text = Object.keys(options).length === 0 ? 'on' : JSON.stringify(options);
    stepFields.set(key, stepFields.has(key) ? `${stepFields.get(key)}, ${text}` : text);
  }
  const weightsOf = weights ? { weights: weights.sha256.slice(0, 12) } : {};
  return new Map([
    ...stepFields,
    ...flatten({ network: { ...scale, ...weightsOf } }),
    ...flatten({ recipe: trained, dataset: data, ...(validation && { validation }) }),
  ]);
}

/** The leaves of nested mappings as text, by their path. */
export function flatten(value: unknown, path = ''): [string, string][] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [[path, JSON.stringify(value)]];
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, inner]) => flatten(inner, path === '' ? key : `${path}.${key}`));
}
