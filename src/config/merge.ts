/** Mappings field by field; everything else, and a mapping of another `name` (another optimizer), as a whole. */
export function merge(base: unknown, changes: unknown): unknown {
  if (!isMapping(base) || !isMapping(changes)) return changes;
  const both = (key: string) => Object.hasOwn(base, key) && Object.hasOwn(changes, key);
  if (both('name') && changes.name !== base.name && !Object.hasOwn(base, 'epochs')) return changes;
  // From entries: a key such as `__proto__` stays a key, and is refused as any other that nobody knows.
  return Object.fromEntries([
    ...Object.entries(base),
    ...Object.entries(changes).map(([key, value]) => [key, both(key) ? merge(base[key], value) : value]),
  ]);
}

/** Whether a value of a document is a mapping of fields. */
export const isMapping = (value: unknown): value is Record<string | number, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
