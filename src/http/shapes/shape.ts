// What an answer looks like, as data: a JSON Schema for the contract and, from the same lines, the type that its
// presenter has to answer. So the compiler holds the presenters to the contract, and tests hold real answers to it.

export type JsonSchema = Readonly<Record<string, unknown>>;

declare const TYPE: unique symbol;

/** A JSON Schema 2020-12 whose instances have the type T. */
export interface Shape<T> {
  readonly schema: JsonSchema;
  /** Shapes with a name that occur in it. */
  readonly uses: readonly NamedShape<unknown>[];
  readonly [TYPE]?: T;
}

/** A shape that stands under its name in the contract, and is referred to elsewhere. */
export interface NamedShape<T> extends Shape<T> {
  readonly name: string;
  readonly definition: JsonSchema;
}

/** A field that may be left out. */
export interface OptionalShape<T> extends Shape<T> {
  readonly optional: true;
}

/** The type of what a shape describes: `Of<typeof RUN>`. */
export type Of<S> = S extends Shape<infer T> ? T : never;

type Fields = Readonly<Record<string, Shape<unknown>>>;
type OptionalKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends OptionalShape<unknown> ? K : never;
}[keyof F];
type FieldsOf<F extends Fields> = { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: Of<F[K]> } & {
  readonly [K in OptionalKeys<F>]?: Of<F[K]>;
};

export const REF = "#/components/schemas/";

const plain = <T>(schema: JsonSchema): Shape<T> => ({ schema, uses: [] });

export const text = (description?: string, more: JsonSchema = {}): Shape<string> =>
  plain({ type: "string", ...described(description), ...more });

export const integer = (description?: string, more: JsonSchema = {}): Shape<number> =>
  plain({ type: "integer", ...described(description), ...more });

/** A whole number from 0 up: of things, bytes or milliseconds. */
export const count = (description?: string): Shape<number> => integer(description, { minimum: 0 });

export const number = (description?: string, more: JsonSchema = {}): Shape<number> =>
  plain({ type: "number", ...described(description), ...more });

export const flag = (description?: string): Shape<boolean> =>
  plain({ type: "boolean", ...described(description) });

/** An instant: RFC 3339 in UTC with `Z`. */
export const time = (description?: string): Shape<string> =>
  text(description, { format: "date-time", pattern: "Z$" });

/** One of these words. */
export const word = <const W extends string>(words: readonly W[], description?: string): Shape<W> =>
  plain({ type: "string", enum: words, ...described(description) });

/** Any JSON value, such as what a job returned. */
export const anything = (description?: string): Shape<unknown> => plain({ ...described(description) });

/** An object with any fields of one shape. */
export const map = <T>(of: Shape<T>, description?: string): Shape<Readonly<Record<string, T>>> => ({
  schema: { type: "object", additionalProperties: of.schema, ...described(description) },
  uses: of.uses,
});

export const listOf = <T>(of: Shape<T>, description?: string): Shape<readonly T[]> => ({
  schema: { type: "array", items: of.schema, ...described(description) },
  uses: of.uses,
});

/** An object with these fields. More may be added to answers later, which readers are to expect. */
export function object<F extends Fields>(fields: F, description?: string): Shape<FieldsOf<F>> {
  const entries = Object.entries(fields);
  return {
    schema: {
      type: "object",
      ...described(description),
      required: entries.filter(([, field]) => !("optional" in field)).map(([name]) => name),
      properties: Object.fromEntries(entries.map(([name, field]) => [name, field.schema])),
    },
    uses: entries.flatMap(([, field]) => field.uses),
  };
}

export const optional = <T>(shape: Shape<T>): OptionalShape<T> => ({ ...shape, optional: true });

/** It may be null; words and references keep their own schema. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  const { type, enum: words, description, ...rest } = shape.schema;
  const schema =
    typeof type === "string"
      ? {
          type: [type, "null"],
          ...described(description),
          ...(words ? { enum: [...(words as []), null] } : {}),
        }
      : { anyOf: [shape.schema, { type: "null" }] };
  return { schema: typeof type === "string" ? { ...schema, ...rest } : schema, uses: shape.uses };
}

/** Either of two. */
export const either = <A, B>(a: Shape<A>, b: Shape<B>): Shape<A | B> => ({
  schema: { anyOf: [a.schema, b.schema] },
  uses: [...a.uses, ...b.uses],
});

/** The same shape under a name of its own in the contract. */
export function named<T>(name: string, shape: Shape<T>): NamedShape<T> {
  const made: NamedShape<T> = {
    name,
    definition: shape.schema,
    schema: { $ref: REF + name },
    get uses() {
      return [made, ...shape.uses];
    },
  };
  return made;
}

function described(description: unknown): JsonSchema {
  return description === undefined ? {} : { description };
}
