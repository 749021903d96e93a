/** The part of JSON Schema that zod writes and is read here. */
export interface JsonSchema {
  readonly $schema?: unknown;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly type?: string;
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

/** Every field below a schema, with its one-line meaning. A field of several kinds is listed once with each kind's fields. */
export function fieldsOf(schema: JsonSchema, above = ''): Field[] {
  const alternatives = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  const fields = alternatives.flatMap(({ properties = {} }) =>
    Object.entries(properties).flatMap(([name, field]): Field[] => {
      const path = above ? `${above}.${name}` : name;
      const own = {
        path,
        about: field.description ?? '',
        values: valuesOf(field),
        preset: field.default === undefined ? null : JSON.stringify(field.default),
      };
      return [own, ...fieldsOf(field, path)];
    }),
  );
  const seen = new Map<string, Field>();
  for (const field of fields) if (!seen.get(field.path)?.about) seen.set(field.path, field);
  return [...seen.values()];
}

function valuesOf({ enum: values, type, const: only, anyOf }: JsonSchema): string | null {
  if (only !== undefined) return String(only);
  if (values) return values.join(' | ');
  if (anyOf)
    return (
      anyOf
        .map((one) => valuesOf(one))
        .filter(Boolean)
        .join(' | ') || null
    );
  return type === undefined ? null : String(type);
}
