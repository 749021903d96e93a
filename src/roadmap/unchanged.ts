/**
 * Code without strict mode writes into a frozen record and nothing happens. Hands `run` a copy that can be written into, and
 * says what it has written: the path of the first field that is another, gone or new; null where all is as it was.
 */
export function writtenBy<Given extends readonly unknown[]>(
  given: Given,
  run: (...copies: Given) => unknown,
): string | null {
  const copies = given.map(copyOf) as unknown as Given;
  run(...copies);
  return firstDifference(given, copies, [])?.slice(1).join('.') ?? null;
}

function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (!isRecord(value) || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copyOf(part)]));
}

function firstDifference(before: unknown, after: unknown, path: readonly string[]): readonly string[] | null {
  if (!isRecord(before) || !isRecord(after)) return Object.is(before, after) ? null : path;
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const found = firstDifference(before[name], after[name], [...path, name]);
    if (found) return found;
  }
  return null;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object';
