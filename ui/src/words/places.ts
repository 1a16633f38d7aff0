// What the service calls by the names of REST, in the words that stand on the page: fields by their labels, people by name.
import type { RunState } from "../api/contract.ts";

/** By pointer, without its first stroke; those of parts after their whole. */
const LABELS: Readonly<Record<string, string>> = {
  name: "Name",
  job: "Job",
  cron: "Cron",
  every: "Every",
  everyMs: "Every",
  anchorAt: "Counted from",
  at: "At",
  timeZone: "Time zone",
  params: "Params",
  dst: "When the clocks change",
  "dst/gap": "When the clocks go forward",
  "dst/repeat": "When the clocks go back",
  overlap: "When a run still goes on",
  catchUp: "When the service was down",
  "catchUp/policy": "When the service was down",
  "catchUp/window": "Missed at most so long ago",
  "catchUp/windowMs": "Missed at most so long ago",
  "catchUp/max": "Missed fires that run",
  jitter: "Later by up to",
  jitterMs: "Later by up to",
  timeout: "Timeout of an attempt",
  timeoutMs: "Timeout of an attempt",
  retries: "Tries",
  "retries/attempts": "Tries",
  "retries/backoff": "Wait before the second try",
  "retries/backoffMs": "Wait before the second try",
  "retries/factor": "Each wait longer by the factor",
  "retries/max": "Longest wait",
  "retries/maxMs": "Longest wait",
  startAt: "Not before",
  endAt: "Not after",
  maxRuns: "Most runs",
  maxFailedShare: "Most failed records",
  pauseAfterFailures: "Pause after failures in a row",
  concurrency: "At a time",
  notes: "Notes",
  reason: "Reason",
  until: "Until",
  from: "From",
  to: "To",
  max: "At most",
  count: "How many",
  role: "Role",
  sources: "Sources",
  expiresAt: "Expires",
};

/** Names that are no words of a sentence: `dst.gap`, `maxRuns`. */
const NAMED = new RegExp(
  `(?<![\\w./"])(${Object.keys(LABELS)
    .filter((name) => /[A-Z/]/.test(name))
    .map((name) => name.replace("/", "\\."))
    .sort((a, b) => b.length - a.length)
    .join("|")})(?![\\w./"])( (?:next|skip|first|both)(?=\\)))?`,
  "g",
);
/** Reasons and what was done, as they stand in brackets. */
const IN_BRACKETS =
  /\((all_records_failed|too_many_failed|out_of_memory|too_many_processes|no_result|invalid_result|buffer_full|job_missing|source_unavailable|dst_gap|schedule_deleted|skip_next)(?=[ )])/g;

/** `label`s of params by their names, where they are known. */
export function placeInWords(pointer: string, labels: Readonly<Record<string, string>> = {}): string {
  const [first = "", ...rest] = stepsOf(pointer);
  if (first === "query") return inside(rest);
  if (first === "params" && rest.length > 0) {
    const [name = "", ...more] = rest;
    return [Object.hasOwn(labels, name) ? labels[name]! : name, ...more.map(stepInWords)].join(", ");
  }
  const [second = "", ...more] = rest;
  const part = LABELS[`${first}/${second}`];
  if (part !== undefined) return [part, ...more.map(stepInWords)].join(", ");
  const whole = Object.hasOwn(LABELS, first) ? LABELS[first] : undefined;
  return whole === undefined ? inside([first, ...rest]) : [whole, ...rest.map(stepInWords)].join(", ");
}

/** A sentence of the service: REST's names are of use to programs, and the page has its own. */
export function inLabels(sentence: string): string {
  return sentence
    .replace(IN_BRACKETS, (_, word: string) => `(${word.replaceAll("_", " ")}`)
    .replace(NAMED, (_, name: string, value: string | undefined) => {
      const label = LABELS[name.replace(".", "/")]!;
      return `“${label}”${value ? `:${value}` : ""}`;
    })
    .replace(/(^|[ (])token:(?=\S)/g, "$1");
}

/** What the service wrote of a run; what a job has said of itself is left as it is. */
export function causeInWords(state: RunState, cause: string): string {
  return state === "skipped" || state === "cancelled" ? inLabels(cause) : cause;
}

/** `token:ci` and `local`, as changes keep who made them. */
export function whoIs(by: string): string {
  return by === "local" ? "the machine itself" : by.replace(/^token:/, "");
}

/** The steps of a JSON pointer (RFC 6901). */
export function stepsOf(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The place inside of a field. */
export const inside = (steps: readonly string[]): string => steps.map(stepInWords).join(", ");

/** People count items from one. */
const stepInWords = (step: string): string => (/^\d+$/.test(step) ? `item ${Number(step) + 1}` : step);
