// The part of a request that says how: overlap, catch-up, jitter, limits, and when a schedule begins and ends.
import type { Instant } from "../clock.ts";
import type { OverlapPolicy } from "../sdk/spec.ts";
import type { Definition, InputDefaults } from "./definition.ts";
import type { Fields, Problems } from "./input-values.ts";
import type { CatchUpPolicy } from "./schedule.ts";

const DAY = 86_400_000;
export const OVERLAPS: readonly OverlapPolicy[] = [
  "skip",
  "buffer_one",
  "buffer_all",
  "cancel_other",
  "allow_all",
];
const CATCH_UPS: readonly CatchUpPolicy[] = ["skip", "latest", "all", "merge"];
/** S10: missed fires that the policy `all` may run. */
const CATCH_UP_MAX = 100;
const WINDOW = { min: 1000, max: 31 * DAY };
const JITTER = { min: 0, max: DAY };
/** A timer of Node holds a little over 24 days. */
export const TIMEOUT = { min: 1000, max: 24 * DAY };
const BACKOFF = { min: 0, max: 30 * DAY };

/** As a job's own `retries` are filled in when it says less. */
const RETRIES = { backoffMs: 10_000, factor: 1, maxMs: 3_600_000 };

export type Policies = Omit<Definition, "name" | "when" | "timeZone" | "params" | "enabled">;

export function readPolicies(fields: Fields, defaults: InputDefaults, problems: Problems): Policies {
  const overlap =
    fields["overlap"] === undefined ? undefined : problems.oneOf(fields["overlap"], "/overlap", OVERLAPS);
  return {
    overlap: overlap ?? defaults.overlap,
    catchUp: readCatchUp(fields["catchUp"], problems),
    jitterMs: problems.duration(fields, "jitter", "", JITTER) ?? 0,
    timeoutMs: problems.duration(fields, "timeout", "", TIMEOUT) ?? null,
    retries: readRetries(fields["retries"], problems),
    maxFailedShare: readNumber(fields, "maxFailedShare", { min: 0, max: 1, whole: false }, problems),
    pauseAfterFailures: readNumber(fields, "pauseAfterFailures", { min: 1, max: 100, whole: true }, problems),
    startAt: readInstant(fields, "startAt", problems),
    endAt: readInstant(fields, "endAt", problems),
    maxRuns: readNumber(fields, "maxRuns", { min: 1, max: 1_000_000_000, whole: true }, problems),
  };
}

export function readNumber(
  fields: Fields,
  name: string,
  bounds: { min: number; max: number; whole: boolean },
  problems: Problems,
): number | null {
  if (fields[name] === undefined) return null;
  return problems.number(fields[name], `/${name}`, bounds) ?? null;
}

function readInstant(fields: Fields, name: string, problems: Problems): Instant | null {
  if (fields[name] === undefined) return null;
  return problems.instant(fields[name], `/${name}`) ?? null;
}

function readCatchUp(value: unknown, problems: Problems): Definition["catchUp"] {
  const filled: Definition["catchUp"] = { policy: "latest", windowMs: 3_600_000, max: CATCH_UP_MAX };
  if (value === undefined) return filled;
  const fields = problems.object(value, "/catchUp", ["policy", "window", "windowMs", "max"]);
  if (!fields) return filled;
  const bounds = { min: 1, max: CATCH_UP_MAX, whole: true };
  return {
    policy:
      (fields["policy"] === undefined
        ? undefined
        : problems.oneOf(fields["policy"], "/catchUp/policy", CATCH_UPS)) ?? filled.policy,
    windowMs: problems.duration(fields, "window", "/catchUp", WINDOW) ?? filled.windowMs,
    max:
      (fields["max"] === undefined ? undefined : problems.number(fields["max"], "/catchUp/max", bounds)) ??
      filled.max,
  };
}

export function readRetries(value: unknown, problems: Problems): Definition["retries"] {
  if (value === undefined) return null;
  const fields = problems.object(value, "/retries", [
    "attempts",
    "backoff",
    "backoffMs",
    "factor",
    "max",
    "maxMs",
  ]);
  if (!fields) return null;
  if (fields["attempts"] === undefined) {
    problems.add("/retries/attempts", "required", "is required: all tries counted, 1 to 100");
    return null;
  }
  const attempts = problems.number(fields["attempts"], "/retries/attempts", {
    min: 1,
    max: 100,
    whole: true,
  });
  const factor =
    fields["factor"] === undefined
      ? RETRIES.factor
      : problems.number(fields["factor"], "/retries/factor", { min: 1, max: 100, whole: false });
  const backoffMs = problems.duration(fields, "backoff", "/retries", BACKOFF) ?? RETRIES.backoffMs;
  const maxMs = problems.duration(fields, "max", "/retries", BACKOFF) ?? Math.max(backoffMs, RETRIES.maxMs);
  if (maxMs < backoffMs && !problems.has("/retries")) {
    const pointer = fields["max"] === undefined ? "/retries/maxMs" : "/retries/max";
    problems.add(
      pointer,
      "min",
      `must be at least as long as the first wait (${backoffMs} ms), but is ${maxMs} ms`,
    );
  }
  return { attempts: attempts ?? 1, backoffMs, factor: factor ?? RETRIES.factor, maxMs };
}
