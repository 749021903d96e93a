/** The part of JSON Schema that zod writes and is read here. */
export interface JsonSchema {
  readonly $schema?: unknown;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly type?: string | readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** A field of a suite or of a step's options. */
export interface Field {
  readonly path: string;
  readonly about: string;
  readonly values: string | null;
  readonly preset: string | null;
}

/**
 * Every field below a schema, with its one-line meaning. A field of several kinds is listed once with all their values;
 * where kinds differ in its meaning or default, or some lack it, each is named.
 */
export function fieldsOf(schema: JsonSchema, above = ''): Field[] {
  const alternatives = alternativesOf(schema);
  const kinds = alternatives.flatMap(kindOf);
  const found = new Map<string, OfKind[]>();
  for (const alternative of alternatives) {
    for (const [name, field] of Object.entries(alternative.properties ?? {})) {
      const path = above ? `${above}.${name}` : name;
      const own = { path, about: field.description ?? '', values: valuesOf(field), preset: presetOf(field) };
      for (const each of [own, ...fieldsOf(field, path)])
        found.set(each.path, [...(found.get(each.path) ?? []), { ...each, kind: kindOf(alternative)[0] ?? null }]);
    }
  }
  return [...found].map(([path, fields]) => ({
    path,
    about: byKind(fields, kinds, 'about', (kind, text) => `${kind}: ${text}`, ' ') ?? '',
    values: distinct(fields.flatMap(({ values }) => values?.split(' | ') ?? [])).join(' | ') || null,
    preset: byKind(
      fields,
      fields.map(({ kind }) => kind ?? ''),
      'preset',
      (kind, text) => `${text} (${kind})`,
      ', ',
    ),
  }));
}

/** A schema with all the kinds of value that it takes, at whatever depth they are listed. */
const alternativesOf = (schema: JsonSchema): JsonSchema[] => [
  schema,
  ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap(alternativesOf),
];

/** A field as one of several alternatives has it. */
type OfKind = Field & { readonly kind: string | null };

/** What an alternative of a union is called in YAML: `name: sgd`. */
function kindOf({ properties }: JsonSchema): string[] {
  const name = properties?.['name']?.const;
  return typeof name === 'string' ? [name] : [];
}

/** One text where all kinds have the same, else each with its kind; null where there is none. */
function byKind(
  fields: readonly OfKind[],
  kinds: readonly string[],
  part: 'about' | 'preset',
  label: (kind: string, text: string) => string,
  separator: string,
): string | null {
  const given = fields.filter((field) => field[part]);
  const texts = distinct(given.map((field) => field[part] as string));
  const everywhere = given.every(({ kind }) => kind === null) || given.length === kinds.length;
  if (texts.length <= 1 && everywhere) return texts[0] ?? null;
  const withKinds = texts.map((text) => {
    const own = given.flatMap((field) => (field[part] === text && field.kind ? [field.kind] : []));
    return own.length > 0 ? label(own.join(', '), text) : text;
  });
  return withKinds.join(separator) || null;
}

const distinct = (texts: readonly string[]): string[] => [...new Set(texts)];

const presetOf = ({ default: preset }: JsonSchema): string | null =>
  preset === undefined ? null : JSON.stringify(preset);

function valuesOf({ enum: values, type, const: only, anyOf }: JsonSchema): string | null {
  if (only !== undefined) return String(only);
  if (values) return values.join(' | ');
  if (anyOf) return distinct(anyOf.flatMap((one) => valuesOf(one) ?? [])).join(' | ') || null;
  return type === undefined ? null : [type].flat().join(' | ');
}
