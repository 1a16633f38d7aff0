// Whether what a child told is a job spec: all that describing makes sure of is looked at again, since its frame may be forged.
import { isEnvName, isFileGlob } from "../sdk/declared-names.ts";
import { MAX_BACKOFF_MS, MAX_DEFINITION_BYTES, MAX_PARAMS_BYTES, MAX_TIMEOUT_MS } from "../sdk/limits.ts";
import { LIST_ITEM_TYPES, PARAM_NAME, PARAM_TYPES } from "../sdk/param-types.ts";
import { patternProblem } from "../sdk/pattern.ts";
import { schemaProblem } from "../sdk/schema-check.ts";
import type { JobSpec, ParamGroup } from "../sdk/spec.ts";
import {
  between,
  boolean,
  type Check,
  json,
  listOf,
  mapOf,
  maybe,
  object,
  oneOf,
  only,
  orNull,
  shape,
  text,
  textThat,
  whole,
} from "./checks.ts";

const any: Check = () => true;
const finite = between(-Number.MAX_VALUE, Number.MAX_VALUE);
const length = whole(0, MAX_PARAMS_BYTES);
const schema: Check = (value) => schemaProblem(value) === null;
/** What is added to a definition: every default that was left out. */
const ROOM = 2;

const param = only({
  type: oneOf(...PARAM_TYPES),
  label: maybe(text(200)),
  description: maybe(text(2_000)),
  placeholder: maybe(text(500)),
  default: any,
  example: any,
  secret: maybe(boolean),
  min: maybe(finite),
  max: maybe(finite),
  step: maybe(between(Number.MIN_VALUE, Number.MAX_VALUE)),
  pattern: maybe(textThat((pattern) => pattern.length <= 1_000 && patternProblem(pattern) === null)),
  minLength: maybe(length),
  maxLength: maybe(length),
  options: maybe(listOf(text(500), 1_000, 1)),
  multiple: maybe(boolean),
  of: maybe(oneOf(...LIST_ITEM_TYPES)),
  minItems: maybe(length),
  maxItems: maybe(length),
  unique: maybe(boolean),
  schema: maybe(schema),
  maxBytes: maybe(whole(1, MAX_PARAMS_BYTES)),
});
/** A select without options, a list of nothing: no form and no schema could be made of it. */
const wholeParam: Check = (value) => {
  if (!param(value)) return false;
  const { type, options, of } = value as Record<string, unknown>;
  return (type !== "select" || options !== undefined) && (type !== "list" || of !== undefined);
};
const params = mapOf((name) => PARAM_NAME.test(name), wholeParam);

const group = only({
  params: listOf(text(64), Infinity, 1),
  min: maybe(whole(0)),
  max: maybe(whole(0)),
  message: maybe(text(500)),
});

const schedule = only({
  name: maybe(text(200)),
  cron: maybe(text(100)),
  every: maybe(text(100)),
  timeZone: maybe(text(100)),
  params: maybe(object),
});

const fields = shape({
  name: text(200, 1),
  description: orNull(text(10_000)),
  version: orNull(text(100)),
  tags: listOf(text(50, 1), 50),
  requiredParams: params,
  optionalParams: params,
  paramGroups: listOf(group, 100),
  resultSchema: orNull(schema),
  timeoutMs: whole(1, MAX_TIMEOUT_MS),
  timeoutDeclared: boolean,
  retries: shape({
    attempts: whole(1, 100),
    backoffMs: whole(0, MAX_BACKOFF_MS),
    factor: between(1, 100),
    maxMs: whole(0, MAX_BACKOFF_MS),
  }),
  concurrency: orNull(whole(1, 10_000)),
  overlap: oneOf("skip", "buffer_one", "buffer_all", "cancel_other", "allow_all"),
  isolation: oneOf("reuse", "fresh"),
  memoryBytes: orNull(whole(32 * 1024 ** 2, 1024 ** 4)),
  maxFailedShare: between(0, 1),
  env: listOf(textThat(isEnvName), 100),
  files: listOf(textThat(isFileGlob), 100),
  stateScope: oneOf("job", "schedule"),
  onShutdown: oneOf("requeue", "cancel"),
  schedules: listOf(schedule, 50),
});

export const isJobSpec: Check = (value) => {
  if (!json(ROOM * MAX_DEFINITION_BYTES)(value) || !fields(value)) return false;
  const { requiredParams, optionalParams, paramGroups } = value as JobSpec;
  const names = new Set([...Object.keys(requiredParams), ...Object.keys(optionalParams)]);
  return paramGroups.every((one) => isGroupOf(names, one));
};

function isGroupOf(names: ReadonlySet<string>, { params: listed, min = 0, max = listed.length }: ParamGroup) {
  if (new Set(listed).size !== listed.length || !listed.every((name) => names.has(name))) return false;
  return min <= max && max <= listed.length;
}
