// A request's fields into what a schedule is to be, or the list of everything that is wrong with them.
import { invalid } from "../errors.ts";
import type { Definition, InputDefaults, ScheduleFields } from "./definition.ts";
import { type Fields, isObject, present, Problems, show } from "./input-values.ts";
import { readPolicies } from "./policy-input.ts";
import type { When } from "./schedule.ts";
import { checkJitter, checkWindow, readWhenAndZone, WHEN_FIELDS } from "./when-input.ts";

export type { Definition, InputDefaults, ScheduleFields } from "./definition.ts";

const KNOWN = [
  "name",
  ...WHEN_FIELDS,
  "params",
  "enabled",
  "overlap",
  "catchUp",
  "jitter",
  "jitterMs",
  "timeout",
  "timeoutMs",
  "retries",
  "startAt",
  "endAt",
  "maxRuns",
  "maxFailedShare",
  "pauseAfterFailures",
];

/** As many as the column holds would fit too; nobody reads more. */
const MAX_NAME = 128;

/**
 * Throws ExpectedError 422 with a pointer for every wrong field. `touched` says which fields somebody gives now (all
 * unless told): what lies in the past is only wrong when it is given.
 */
export function readDefinition(
  fields: ScheduleFields,
  defaults: InputDefaults,
  touched: (field: string) => boolean = () => true,
): Definition {
  const problems = new Problems();
  problems.unknown(fields as Fields, "", KNOWN);
  const given = present(fields as Fields);
  const { when, timeZone } = readWhenAndZone(given, defaults, problems, touched);
  const name = readName(given["name"], problems);
  const enabled = given["enabled"] === undefined ? true : problems.boolean(given["enabled"], "/enabled");
  const params = given["params"] === undefined ? {} : readParams(given["params"], problems);
  const policies = readPolicies(given, defaults, problems);
  if (when && problems.errors.length === 0) {
    checkWindow(when, policies, defaults.now, problems, touched);
    const pointer = given["jitter"] === undefined ? "/jitterMs" : "/jitter";
    checkJitter(when, policies.jitterMs, pointer, defaults.now, problems);
  }
  if (problems.errors.length > 0 || !when) throw invalid(problems.errors);
  return { name: name ?? null, when, timeZone, params, enabled: enabled ?? true, ...policies };
}

/**
 * The part of a request that says when, for a look at it: what never fires and what lies in the past passes. Throws
 * ExpectedError 422 with what is wrong here and what `problems` held before.
 */
export function readWhen(
  fields: ScheduleFields,
  defaults: Pick<InputDefaults, "now" | "timeZone">,
  problems: Problems = new Problems(),
): { when: When; timeZone: string; zoneDefaulted: boolean } {
  problems.unknown(fields as Fields, "", WHEN_FIELDS);
  const read = readWhenAndZone(present(fields as Fields), defaults, problems, () => true, true);
  if (problems.errors.length > 0 || !read.when) throw invalid(problems.errors);
  return { ...read, when: read.when };
}

function readName(value: unknown, problems: Problems): string | null | undefined {
  if (value === undefined) return null;
  const name = problems.text(value, "/name", MAX_NAME)?.trim();
  if (name === undefined) return undefined;
  if (name === "") return problems.add("/name", "min_length", "must have 1 to 128 characters, or be null");
  if (/\p{Cc}/u.test(name)) return problems.add("/name", "pattern", "must be one line of text");
  return name;
}

function readParams(value: unknown, problems: Problems): Record<string, unknown> {
  if (isObject(value)) return { ...value };
  problems.add("/params", "type", `must be an object of param names and values, but is ${show(value)}`);
  return {};
}
