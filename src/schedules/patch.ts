// A merge patch (RFC 7396) onto a schedule's definition: what it says is merged, and the whole is read anew.
import type { Definition, InputDefaults, ScheduleFields } from "./definition.ts";
import { readDefinition } from "./input.ts";
import { isObject, present } from "./input-values.ts";

type Raw = Record<string, unknown>;

/** Two names of one field: whoever gives one of them replaces both. */
const PAIRS = [
  ["every", "everyMs"],
  ["jitter", "jitterMs"],
  ["timeout", "timeoutMs"],
  ["window", "windowMs"],
  ["backoff", "backoffMs"],
  ["max", "maxMs"],
] as const;

/** The definition after the patch; null resets a field to its default. Throws ExpectedError 422 as readDefinition does. */
export function patchDefinition(
  current: Definition,
  patch: ScheduleFields,
  defaults: InputDefaults,
): Definition {
  const { params, ...rest } = { ...patch } as Raw;
  const base = fieldsOf(current);
  if (switchesKind(current, rest)) {
    for (const name of ["cron", "everyMs", "anchorAt", "at", "dst"]) delete base[name];
  }
  const merged = merge(base, rest);
  merged["params"] = params === undefined ? current.params : mergeParams(current.params, params);
  return readDefinition(merged, defaults, (field) => rest[field] !== undefined);
}

/** A definition instead of the one there is; only a secret param that is sent as it is shown is taken over. */
export function replaceDefinition(
  current: Definition,
  fields: ScheduleFields,
  defaults: InputDefaults,
): Definition {
  const given = { ...fields } as Raw;
  if (isObject(given["params"])) {
    const kept = Object.entries(given["params"]).map(([name, value]) => [
      name,
      isShownSecret(value) && Object.hasOwn(current.params, name) ? current.params[name] : value,
    ]);
    given["params"] = Object.fromEntries(kept);
  }
  const was = fieldsOf(current);
  // What has passed meanwhile is only wrong when it is new.
  return readDefinition(
    given,
    defaults,
    (field) => given[field] !== undefined && given[field] !== was[field],
  );
}

/** Saying another kind of when is enough; nobody has to take the old one away first. */
function switchesKind({ when }: Definition, patch: Raw): boolean {
  const { cron, every, everyMs, at } = present(patch);
  const says = {
    cron: cron !== undefined,
    every: every !== undefined || everyMs !== undefined,
    at: at !== undefined,
  };
  return (Object.keys(says) as (keyof typeof says)[]).some((kind) => kind !== when.kind && says[kind]);
}

/** As a request would say it: of a whole schedule only what a request may say. */
export function fieldsOf(definition: Definition): Raw {
  const { when, name, timeZone, enabled, overlap, catchUp, jitterMs, timeoutMs, retries } = definition;
  const { maxFailedShare, pauseAfterFailures, maxRuns, startAt, endAt } = definition;
  const instant = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  const said =
    when.kind === "cron"
      ? { cron: when.cron, dst: { gap: when.gap, repeat: when.repeat } }
      : when.kind === "every"
        ? { everyMs: when.everyMs, anchorAt: instant(when.anchorAt) }
        : { at: instant(when.at) };
  const rest = {
    name,
    timeZone,
    enabled,
    overlap,
    catchUp,
    jitterMs,
    timeoutMs,
    retries,
    maxFailedShare,
    pauseAfterFailures,
    maxRuns,
  };
  return { ...rest, ...said, startAt: instant(startAt), endAt: instant(endAt) };
}

/** RFC 7396, with two names of one field taken for one. */
export function merge(target: Raw, patch: Raw): Raw {
  const merged: Raw = { ...target };
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined || name === "__proto__") continue;
    for (const pair of PAIRS) {
      const other = pair.find((each) => each !== name);
      // Of retries.max and catchUp.max only the one beside a maxMs is a duration.
      if ((pair as readonly string[]).includes(name) && other !== undefined && other in target)
        delete merged[other];
    }
    if (value === null) delete merged[name];
    else merged[name] = isObject(value) ? merge(isObject(merged[name]) ? merged[name] : {}, value) : value;
  }
  return merged;
}

/**
 * A param is replaced as a whole: its value is the job's own. A secret that is sent back as it is shown,
 * `{ "secret": true }`, keeps its saved value.
 */
function mergeParams(current: Readonly<Raw>, patch: unknown): unknown {
  if (patch === null) return {};
  if (!isObject(patch)) return patch;
  const merged: Raw = { ...current };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null || name === "__proto__") delete merged[name];
    else if (!(isShownSecret(value) && name in current)) merged[name] = value;
  }
  return merged;
}

function isShownSecret(value: unknown): boolean {
  return isObject(value) && value["secret"] === true && Object.keys(value).length === 1;
}
