import { ConfigError, type Path, type PlacedProblem } from './problem.js';
import { show } from './issues.js';
import { isMapping } from './merge.js';
import { parseSource, type Source } from './source.js';

/** A field of a file as the command line sets it: `--set recipe.epochs=2`. */
export interface Setting {
  /** As given: `recipe.epochs=2`. */
  readonly text: string;
  readonly path: readonly string[];
  /** As YAML reads it. */
  readonly value: unknown;
}

const longest = 1000;
const deepest = 16;

/** Reads `path=value`. Throws a `ConfigError` where it is none, or where the value is no YAML. */
export function parseSetting(text: string): Setting {
  const at = text.indexOf('=');
  const path = text.slice(0, Math.max(0, at)).trim().split('.');
  const written = text.slice(at + 1).trim();
  const refuse = (message: string): never => {
    throw new ConfigError([placedAt(text, message)]);
  };
  if (at < 1 || path.length > deepest || text.length > longest || path.some((part) => !/^[\w-]+$/.test(part)))
    refuse('expected a field and its value, such as recipe.epochs=2');
  if (written === '' || written.startsWith('#')) refuse(`expected a value behind ${path.join('.')}=; null is none`);
  const { value, syntax } = parseSource(written, text);
  const [first] = syntax;
  if (first) refuse(first.message);
  return { text, path, value };
}

/** A problem of what the command line sets: there is no line to show. */
const placedAt = (text: string, message: string): PlacedProblem => ({
  ...{ file: `--set ${text.length > 100 ? `${text.slice(0, 97)}...` : text}`, line: 0, column: 0, text: '', message },
});

/**
 * A file with fields set otherwise, later settings over earlier ones. What is wrong with a field that was set is placed at
 * its setting, all else in the file. A part that is missing is made; a recipe by name becomes one that extends it.
 */
export function withSettings(source: Source, settings: readonly Setting[]): Source {
  if (settings.length === 0 || source.syntax.length > 0) return source;
  const problems: PlacedProblem[] = [];
  let { value } = source;
  for (const setting of settings) {
    try {
      value = put(value, setting.path, setting.value);
    } catch (error) {
      if (!(error instanceof PathError)) throw error;
      problems.push(placedAt(setting.text, error.message));
    }
  }
  if (problems.length > 0) return { ...source, value: undefined, syntax: problems };
  return {
    ...source,
    value,
    place: (problem) => {
      const { path, message } = problem;
      const within = settings.filter((one) => startsWith(path, one.path));
      // A part that only a setting has made: what it lacks is that setting's.
      const made = isThere(source.value, path) ? [] : settings.filter((one) => startsWith(one.path, path));
      const setting = within.at(-1) ?? made.at(-1);
      return setting ? placedAt(setting.text, message) : source.place(problem);
    },
  };
}

/** A setting's path leads nowhere. */
class PathError extends Error {}

function put(into: unknown, [part = '', ...rest]: readonly string[], value: unknown, above: Path = []): unknown {
  const made = (below: unknown) => (rest.length > 0 ? put(below, rest, value, [...above, part]) : value);
  if (Array.isArray(into)) {
    if (!/^\d+$/.test(part) || Number(part) >= into.length)
      throw new PathError(
        `${above.join('.')} is a list of ${into.length}; its entries are numbered from 0, and there is no ${part}`,
      );
    return into.map((entry, at) => (at === Number(part) ? made(entry) : entry));
  }
  if (typeof into === 'string' && (above.join('.') === 'recipe' || above.join('.') === 'base_recipe'))
    return put({ extends: into }, [part, ...rest], value, above);
  if (into !== undefined && into !== null && !isMapping(into))
    throw new PathError(`${above.join('.') || 'the file'} is ${show(into)}, which has no field "${part}"`);
  // From entries: a key such as `__proto__` stays a key, and is refused as any other that nobody knows.
  const below = isMapping(into) && Object.hasOwn(into, part) ? into[part] : undefined;
  return Object.fromEntries([...Object.entries(into ?? {}).filter(([key]) => key !== part), [part, made(below)]]);
}

const startsWith = (path: Path, start: Path): boolean =>
  start.every((part, depth) => depth < path.length && String(path[depth]) === String(part));

function isThere(value: unknown, path: Path): boolean {
  let at = value;
  for (const part of path) {
    if (at === null || typeof at !== 'object' || !Object.hasOwn(at, part)) return false;
    at = (at as Record<string | number, unknown>)[part];
  }
  return true;
}
