// How an author writes params, and what TypeScript infers from it for `this.params`.
import type { JsonSchema, ListItemType, ParamType } from "./spec.ts";

interface Common<Value> {
  /** Shown beside the field; the name when missing. */
  label?: string;
  description?: string;
  /** What `this.params` holds when nothing is given; only for optional params. */
  default?: Value;
  /** Shown in the empty form field. */
  placeholder?: string;
  /** A valid value for the documentation; checked when the job loads. */
  example?: Value;
}

interface TextRules {
  /** A regular expression as text, read with the `u` flag; it may match anywhere unless it has `^` and `$`. */
  pattern?: string;
  minLength?: number;
  maxLength?: number;
}

interface NumberRules {
  min?: number;
  max?: number;
  /** The value must be a multiple of this. */
  step?: number;
}

interface Secret {
  /** Encrypted at rest, never shown again, masked in logs. */
  secret?: boolean;
}

export interface TextInput extends Common<string>, TextRules, Secret {
  type: "string" | "text" | "url";
}
export interface EmailInput extends Common<string>, TextRules {
  type: "email";
}
export interface PasswordInput extends Common<string>, TextRules {
  type: "password";
  secret?: true;
}
export interface NumberInput extends Common<number>, NumberRules {
  type: "integer" | "number";
}
export interface BooleanInput extends Common<boolean> {
  type: "boolean";
}
export interface SelectOneInput extends Common<string> {
  type: "select";
  options: readonly string[];
  multiple?: false;
}
export interface SelectManyInput extends Common<readonly string[]> {
  type: "select";
  options: readonly string[];
  multiple: true;
}
interface ListRules {
  type: "list";
  minItems?: number;
  maxItems?: number;
  /** No value twice. */
  unique?: boolean;
}
export interface TextListInput extends Common<readonly string[]>, ListRules {
  of: Exclude<ListItemType, "integer" | "number">;
}
export interface NumberListInput extends Common<readonly number[]>, ListRules {
  of: "integer" | "number";
}
export interface DateInput extends Common<string> {
  type: "date" | "datetime";
}
export interface JsonInput extends Common<unknown>, Secret {
  type: "json";
  /** A JSON Schema 2020-12 that the value must fit. */
  schema?: JsonSchema;
  /** Of the value as JSON; 256 KiB unless said. */
  maxBytes?: number;
}

/** One param as an author writes it. */
export type ParamInput =
  | TextInput
  | EmailInput
  | PasswordInput
  | NumberInput
  | BooleanInput
  | SelectOneInput
  | SelectManyInput
  | TextListInput
  | NumberListInput
  | DateInput
  | JsonInput;

export type ParamInputs = Readonly<Record<string, ParamInput>>;
/** No params at all; what a list is when the author leaves it out. */
export type NoParams = Record<never, never>;

type OfType<Each, Type> = Each extends { type: infer Own } ? (Type extends Own ? Each : never) : never;
type KeysOf<Each> = Each extends unknown ? keyof Each : never;

/** What stands in a compile error: nothing has this type, and its text says what to do. */
export interface Wrong<Message extends string> {
  readonly "this is wrong": Message;
}

type UnknownFields<Param> = Param extends { type: infer Type extends ParamType }
  ? {
      [
        Key in Exclude<keyof Param, KeysOf<OfType<ParamInput, Type>>>
      ]: Wrong<`${Key & string} is not a field of a param of type ${Type}`>;
    }
  : unknown;

type OutsideOptions<Param, Key extends string> = Param extends { options: readonly (infer Option)[] }
  ? Param extends { [K in Key]: infer Given }
    ? [Given extends readonly (infer Each)[] ? Each : Given] extends [Option]
      ? unknown
      : { [K in Key]: Wrong<`the ${Key} of a select must be among its options`> }
    : unknown
  : unknown;

type Sound<Param> = UnknownFields<Param> &
  OutsideOptions<Param, "default"> &
  OutsideOptions<Param, "example">;

type HasDefault<Param> = Param extends { default: infer Value }
  ? [Value] extends [undefined]
    ? false
    : true
  : false;

/** The further demands on `requiredParams`, each at the field that breaks it. */
export type CheckRequired<Required> = {
  [Name in keyof Required]: Sound<Required[Name]> &
    (HasDefault<Required[Name]> extends true
      ? { default: Wrong<"a required param takes no default: move it to optionalParams"> }
      : unknown);
};

/** The further demands on `optionalParams`. */
export type CheckOptional<Optional, Required> = {
  [Name in keyof Optional]: Sound<Optional[Name]> &
    (string extends keyof Required
      ? unknown
      : Name extends keyof Required
        ? Wrong<`${Name & string} is in requiredParams too: keep it in one of the two`>
        : unknown);
};

/** The value of one param, given that it has one. */
export type ValueOf<Param> = Param extends { type: "select"; options: readonly (infer Option)[] }
  ? Param extends { multiple: true }
    ? Option[]
    : Option
  : Param extends { type: "list"; of: infer Item }
    ? (Item extends "integer" | "number" ? number : string)[]
    : Param extends { type: "integer" | "number" }
      ? number
      : Param extends { type: "boolean" }
        ? boolean
        : Param extends { type: "json" }
          ? unknown
          : string;

/** What `this.params` is. */
export type ParamsOf<Required, Optional> = Flat<
  { readonly [Name in keyof Required]: ValueOf<Required[Name]> } & {
    readonly [Name in keyof Optional]: HasDefault<Optional[Name]> extends true
      ? ValueOf<Optional[Name]>
      : ValueOf<Optional[Name]> | undefined;
  }
>;

/** What someone may give: every param, none of them demanded. */
export type GivenOf<Required, Optional> = Flat<
  { readonly [Name in keyof Required]?: Frozen<ValueOf<Required[Name]>> } & {
    readonly [Name in keyof Optional]?: Frozen<ValueOf<Optional[Name]>>;
  }
>;

type Frozen<Value> = Value extends (infer Item)[] ? readonly Item[] : Value;
type Flat<T> = { [Key in keyof T]: T[Key] };
