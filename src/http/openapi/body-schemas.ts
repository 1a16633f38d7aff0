// JSON Schemas of request bodies, from the same classes that check them.
import "reflect-metadata";
import { defaultMetadataStorage } from "class-transformer/cjs/storage.js";
import { getMetadataStorage, ValidationTypes } from "class-validator";
import { validationMetadatasToSchemas } from "class-validator-jsonschema";
import type { BodyClass } from "../route.ts";
import { type JsonSchema, REF } from "../shapes/shape.ts";

type Schemas = Record<string, JsonSchema>;

interface Property {
  type?: string;
  $ref?: string;
  enum?: unknown[];
  [keyword: string]: unknown;
}

/** The schemas of these classes and of the parts that they are made of, by the names of the classes. */
export function bodySchemas(classes: readonly BodyClass<object>[]): Schemas {
  const known = validationMetadatasToSchemas({
    classTransformerMetadataStorage: defaultMetadataStorage,
    refPointerPrefix: REF,
  }) as Record<string, { properties?: Record<string, Property> }>;
  const schemas: Schemas = {};
  const wanted = [...classes];
  for (let Class = wanted.shift(); Class; Class = wanted.shift()) {
    if (Class.name in schemas) continue;
    const properties = known[Class.name]?.properties ?? {};
    schemas[Class.name] = closed(Class, properties);
    wanted.push(...partsOf(Class, properties));
  }
  return schemas;
}

/** What the generator leaves open: which fields may be null or left out, what they are for, and that others are refused. */
function closed(Class: BodyClass<object>, properties: Record<string, Property>): JsonSchema {
  const required: string[] = [];
  const shown: Record<string, JsonSchema> = {};
  for (const [name, property] of Object.entries(properties)) {
    const { mayBeNull, mayBeAbsent, message } = rulesOf(Class, name);
    if (!mayBeAbsent) required.push(name);
    shown[name] = described(mayBeNull ? orNull(property) : withoutNot(property), message);
  }
  return {
    type: "object",
    ...(required.length > 0 ? { required } : {}),
    properties: shown,
    additionalProperties: false,
    ...(Class.example ? { examples: [Class.example] } : {}),
  };
}

/** `not: { type: "null" }` says nothing beside a type. */
function withoutNot(property: Property): JsonSchema {
  if (property.$ref !== undefined) return { $ref: property.$ref };
  return Object.fromEntries(Object.entries(property).filter(([keyword]) => keyword !== "not"));
}

function orNull(property: Property): JsonSchema {
  const { $ref, type, enum: words, ...rest } = property;
  if ($ref !== undefined) return { anyOf: [{ $ref }, { type: "null" }] };
  if (type === undefined) return rest;
  return { ...rest, type: [type, "null"], ...(words ? { enum: [...words, null] } : {}) };
}

function described(schema: JsonSchema, description: string | undefined): JsonSchema {
  return description === undefined ? schema : { ...schema, description };
}

interface Rules {
  mayBeNull: boolean;
  mayBeAbsent: boolean;
  message: string | undefined;
}

type Condition = (body: object, value: unknown) => boolean;

/** class-validator skips a field's rules as soon as one of its conditions says no. */
function rulesOf(Class: BodyClass<object>, name: string): Rules {
  const rules = getMetadataStorage()
    .getTargetValidationMetadatas(Class, "", false, false)
    .filter((rule) => rule.propertyName === name);
  const conditions = rules
    .filter((rule) => rule.type === ValidationTypes.CONDITIONAL_VALIDATION)
    .map((rule) => rule.constraints[0] as Condition);
  const skips = (value: unknown) => conditions.some((condition) => !condition({}, value));
  const messages = rules.flatMap((rule) => (typeof rule.message === "string" ? [rule.message] : []));
  return { mayBeNull: skips(null), mayBeAbsent: skips(undefined), message: messages.at(-1) };
}

/** What `@Type` leaves behind; nothing where a field has none. */
interface Typed {
  typeFunction(): unknown;
}

/** The classes of its nested parts. */
function partsOf(Class: BodyClass<object>, properties: Record<string, Property>): BodyClass<object>[] {
  return Object.keys(properties).flatMap((name) => {
    const meta = defaultMetadataStorage.findTypeMetadata(Class, name) as Typed | undefined;
    return meta ? [meta.typeFunction() as BodyClass<object>] : [];
  });
}
