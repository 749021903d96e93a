import type { z } from 'zod';

/** As often as a value is mended: each turn can bring to light what the one before had hidden. */
const mostTurns = 4;

/**
 * The value with all that its schema refuses left out, so that defaults stand there; null where even then it is none. For
 * a file that is wrong anyway: what is right in it can still be looked at.
 */
export function salvage<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> | null {
  let left = value;
  for (let turn = 0; turn < mostTurns; turn++) {
    const parsed = schema.safeParse(left);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) {
      const names = issue.code === 'unrecognized_keys' ? issue.keys : [];
      for (const path of names.length > 0 ? names.map((name) => [...issue.path, name]) : [issue.path])
        left = without(left, path);
    }
  }
  return null;
}

/** A copy of a value without what stands at a path. */
function without(value: unknown, [part, ...rest]: readonly PropertyKey[]): unknown {
  if (part === undefined || value === null || typeof value !== 'object') return undefined;
  if (Array.isArray(value)) return value.map((item, at) => (at === part ? without(item, rest) : item));
  const entries = Object.entries(value).flatMap(([name, field]) => {
    if (name !== part) return [[name, field]];
    return rest.length > 0 ? [[name, without(field, rest)]] : [];
  });
  return Object.fromEntries(entries);
}
