// What the audit log says of a request: its action in a word, and what may be kept of its content.
import type { Subject } from "./context.ts";
import type { Reply } from "./reply.ts";
import { BASE, type Route } from "./route.ts";

/** More than this is not kept of one event. */
const MAX_DETAIL = 8_000;
/** What may hold secrets is kept by the names of its fields alone. */
const NAMES_ONLY: readonly string[] = ["params", "value", "values"];
/** Moves by itself, and says nothing of what somebody changed. */
const MOVING: readonly string[] = [
  "revision",
  "updatedAt",
  "nextFires",
  "lastRun",
  "firedThrough",
  "sentence",
  "nextRunAt",
  "recentRuns",
  "schedules",
];

/** `schedules.pause`, `schedules.create`, `jobs.runs.create`, `runs.read`: the words of the path and what is done. */
export function actionOf({ method, path, action }: Route): string {
  if (action !== undefined) return action;
  const words = path
    .replace(BASE, "")
    .split("/")
    .filter((word) => word !== "" && !word.startsWith(":"));
  const verb = { GET: "read", PATCH: "update", PUT: "replace", DELETE: "delete", POST: "create" }[method];
  // The last word of most POST paths is a verb already; things are plural.
  const isVerb = method === "POST" && !words.at(-1)?.endsWith("s");
  return [...words, ...(isVerb ? [] : [verb])].join(".");
}

/** Whether this request is to change something: a dry run and a question are not. */
export function changes(route: Route, body: object): boolean {
  if (route.method === "GET" || route.audit === "never") return false;
  return (body as { dryRun?: unknown }).dryRun !== true;
}

/** What was asked for, without what may be secret; and of what was there before, what became different. */
export function detailOf(body: object, subject?: Subject, reply?: Reply): unknown {
  const asked = Object.fromEntries(
    Object.entries(body)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, NAMES_ONLY.includes(name) ? namesOf(value) : (value as unknown)]),
  );
  const detail = {
    ...(Object.keys(asked).length > 0 ? { asked } : {}),
    ...(subject?.made === undefined ? {} : { made: subject.made }),
    ...(subject?.before === undefined ? {} : difference(subject.before, reply?.body)),
  };
  if (Object.keys(detail).length === 0) return null;
  const size = JSON.stringify(detail).length;
  return size <= MAX_DETAIL ? detail : { tooLarge: size };
}

function namesOf(value: unknown): unknown {
  return typeof value === "object" && value !== null ? Object.keys(value) : null;
}

/** Both as they are shown, so secrets are hidden in both. Without an answer: it is gone. */
function difference(before: object, after: unknown): { before: object; after: object | null } {
  if (typeof after !== "object" || after === null) return { before: still(before), after: null };
  const old = still(before) as Record<string, unknown>;
  const now = still(after) as Record<string, unknown>;
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]),
  );
  const pick = (from: Record<string, unknown>) =>
    Object.fromEntries(names.map((name) => [name, from[name] ?? null]));
  return { before: pick(old), after: pick(now) };
}

function still(shown: object): object {
  return Object.fromEntries(Object.entries(shown).filter(([name]) => !MOVING.includes(name)));
}
