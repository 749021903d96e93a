import { z } from 'zod';
import { nearest, type Path, type Problem } from './problem.js';

/** More than anyone mends in one go. */
const mostIssues = 100;

/**
 * zod's issues as problems with the words of this project: what was expected, what was found, the nearest name.
 * `partial`: of what is missing nothing is said.
 */
export function problemsOf(error: z.ZodError, schema: z.ZodType, value: unknown, partial = false): Problem[] {
  const issues = partial ? error.issues.filter((issue) => isThere(issue, value)) : error.issues;
  return issues.slice(0, mostIssues).flatMap((issue) => explainIssue(issue, schema, value));
}

/** Whether an issue is about something that is there, rather than about something missing. */
function isThere({ code, path }: z.core.$ZodIssue, value: unknown): boolean {
  return code === 'unrecognized_keys' || valueAt(value, path as Path) !== undefined;
}

/** One of zod's issues about a value, as problems. */
export function explainIssue(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown): Problem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  const found = valueAt(value, path);
  const one = (message: string, on: Problem['on'] = 'value'): Problem[] => [{ path, on, message }];
  if (hasOwnWords(issue)) return one(issue.message);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = fieldsAt(schema, value, path);
      return issue.keys
        .slice(0, mostIssues)
        .map((key) => ({ path: [...path, key], on: 'key', message: unknownField(key, known) }));
    }
    case 'invalid_type':
      if (found === undefined)
        return one(`the field \`${path.at(-1)}\` is missing; add \`${path.at(-1)}:\` with ${article(issue.expected)}`);
      return one(`expected ${article(issue.expected)}, found ${show(found)}`);
    case 'invalid_value':
      return one(notOneOf(issue.values.map(String), found));
    case 'invalid_union': {
      const names = 'discriminator' in issue && issue.discriminator ? discriminated(schema, value, path) : [];
      if (names.length > 0) return one(notOneOf(names, found));
      const inside = nearestKind(issue.errors, found);
      if (inside)
        return inside.flatMap((one) => explainIssue({ ...one, path: [...issue.path, ...one.path] }, schema, value));
      const expected = issue.errors.flatMap((errors) => errors.map(expectation)).filter(Boolean);
      return one(`expected ${[...new Set(expected)].join(' or ') || 'another kind of value'}, found ${show(found)}`);
    }
    case 'too_small':
      return one(
        `expected ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${lengthOf(issue.origin)}, found ${show(found)}`,
      );
    case 'too_big':
      return one(
        `expected ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${lengthOf(issue.origin)}, found ${show(found)}`,
      );
    case 'not_multiple_of':
      return one(`expected a multiple of ${issue.divisor}, found ${show(found)}`);
    case 'invalid_format':
      return one(`${issue.message}, found ${show(found)}`);
    default:
      return one(`${issue.message}${found === undefined ? '' : `, found ${show(found)}`}`);
  }
}

/** Whether a schema has words of its own for what is found of another kind than it takes; zod's begin alike. */
const hasOwnWords = ({ code, message }: z.core.$ZodIssue): boolean =>
  (code === 'invalid_type' || code === 'invalid_union') && message !== '' && !message.startsWith('Invalid ');

/** Of a mapping that one of several kinds of value takes: what that one says of its fields, rather than all of them. */
function nearestKind(errors: readonly z.core.$ZodIssue[][], found: unknown): readonly z.core.$ZodIssue[] | null {
  if (found === null || typeof found !== 'object' || Array.isArray(found)) return null;
  const inside = errors.filter((issues) =>
    issues.every(({ code, path }) => path.length > 0 || code === 'unrecognized_keys'),
  );
  return inside.length === 1 ? (inside[0] as z.core.$ZodIssue[]) : null;
}

export function unknownField(key: string, known: readonly string[]): string {
  const guess = nearest(key, known);
  return `there is no field "${key}" here; ${guess ? `did you mean "${guess}"?` : `there are ${known.join(', ')}`}`;
}

function notOneOf(names: readonly string[], found: unknown): string {
  const guess = names.every(isFraction)
    ? nearestFraction(found, names)
    : typeof found === 'string'
      ? nearest(found, names)
      : null;
  const list = names.length > 1 ? `one of ${names.join(', ')}` : `${names[0]}`;
  if (found === undefined) return `this is missing; expected ${list}`;
  return `expected ${list}, found ${show(found)}${guess ? `; did you mean "${guess}"?` : ''}`;
}

const fraction = /^(\d+)\/(\d+)$/;
const isFraction = (name: string): boolean => fraction.test(name);

/** The nearest by its value: by its letters, 1/3 would be 1/1. Null of what is no number above 0. */
function nearestFraction(found: unknown, names: readonly string[]): string | null {
  const value = valueOfFraction(String(found));
  if (!(value > 0)) return null;
  const distance = (name: string): number => Math.abs(Math.log(valueOfFraction(name) / value));
  return names.reduce((best, name) => (distance(name) < distance(best) ? name : best));
}

function valueOfFraction(text: string): number {
  const [, over, under] = fraction.exec(text) ?? [];
  return over === undefined ? Number(text) : Number(over) / Number(under);
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return article(issue.expected);
  if (issue.code === 'invalid_value') return issue.values.map(String).join(' or ');
  return issue.code === 'invalid_format' ? issue.message : '';
}

const articles: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping of fields',
  record: 'a mapping',
  array: 'a list',
  tuple: 'a list of two values',
  null: 'null',
};
const article = (kind: string): string => (Object.hasOwn(articles, kind) ? (articles[kind] as string) : kind);

const lengthOf = (origin: string): string =>
  origin === 'array' ? ' entries' : origin === 'string' ? ' characters' : '';

export function show(value: unknown): string {
  if (value === null) return 'nothing (null)';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'a mapping';
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, part) =>
      at !== null && typeof at === 'object' && Object.hasOwn(at, part)
        ? (at as Record<string | number, unknown>)[part]
        : undefined,
    value,
  );
}

/** The schema under defaults and nullables. */
function bare(schema: unknown): z.ZodType {
  let inner = schema as z.ZodType & { def: { innerType?: unknown; in?: unknown } };
  while (inner?.def && (inner.def.innerType || inner.def.in))
    inner = (inner.def.innerType ?? inner.def.in) as typeof inner;
  return inner;
}

function schemaAt(schema: z.ZodType, value: unknown, path: Path): z.ZodType | null {
  let here: z.ZodType | null = bare(schema);
  for (const [depth, part] of path.entries()) {
    here = mappingOf(here);
    if (here instanceof z.ZodDiscriminatedUnion) here = option(here, valueAt(value, path.slice(0, depth)));
    const shape: Record<string, unknown> | undefined = here instanceof z.ZodObject ? here.shape : undefined;
    here = shape && Object.hasOwn(shape, part) ? bare(shape[String(part)]) : null;
  }
  return here;
}

/** Of several kinds of value the one that is a mapping of fields, where one is. */
function mappingOf(schema: z.ZodType | null): z.ZodType | null {
  if (!(schema instanceof z.ZodUnion) || schema instanceof z.ZodDiscriminatedUnion) return schema;
  const kinds = (schema.options as z.ZodType[]).map(bare);
  return kinds.find((kind) => kind instanceof z.ZodObject || kind instanceof z.ZodDiscriminatedUnion) ?? schema;
}

function fieldsAt(schema: z.ZodType, value: unknown, path: Path): string[] {
  let here = mappingOf(schemaAt(schema, value, path));
  if (here instanceof z.ZodDiscriminatedUnion) here = option(here, valueAt(value, path));
  return here instanceof z.ZodObject ? Object.keys(here.shape) : [];
}

function option(union: z.ZodDiscriminatedUnion, value: unknown): z.ZodType | null {
  const name = (value as Record<string, unknown> | undefined)?.[union.def.discriminator];
  return (
    (union.options as z.ZodObject[]).find(
      (one) => (one.shape[union.def.discriminator] as z.ZodLiteral).value === name,
    ) ?? null
  );
}

/** The names that a union's field may have. */
function discriminated(schema: z.ZodType, value: unknown, path: Path): string[] {
  const union = mappingOf(schemaAt(schema, value, path.slice(0, -1)) ?? schemaAt(schema, value, path));
  if (!(union instanceof z.ZodDiscriminatedUnion)) return [];
  return (union.options as z.ZodObject[]).map((one) =>
    String((one.shape[union.def.discriminator] as z.ZodLiteral).value),
  );
}
