// The shapes of the service itself: errors, lists, sources, health, what it can do.
import { FIELD_ERROR } from "./field-error.ts";
import { PAUSE } from "./pause.ts";
import {
  flag,
  integer,
  listOf,
  map,
  named,
  nullable,
  object,
  optional,
  text,
  time,
  word,
  count,
} from "./shape.ts";

export const PROBLEM = named(
  "Problem",
  object(
    {
      type: text("urn:jobmount:problem:…"),
      title: text("Of the status"),
      status: integer(undefined, { minimum: 400, maximum: 599 }),
      code: text("For programs"),
      detail: text("For people: what was wrong, and the next step"),
      requestId: text("The log has the request under it"),
      errors: optional(listOf(FIELD_ERROR)),
    },
    "Every error (RFC 9457)",
  ),
);

export const HEALTH = named(
  "Health",
  object({
    status: word(["alive", "ready", "not_ready"]),
    checks: optional(listOf(object({ name: text(), ok: flag(), detail: optional(text()) }))),
  }),
);

export const CHANGES = named(
  "Changes",
  object({
    changes: listOf(
      object({
        kind: word(["run", "job", "schedule", "source", "token", "scheduler"]),
        source: nullable(text()),
        id: nullable(text()),
        job: optional(text("Key of the job of a run")),
        state: optional(text("State of a run; what happened to anything else")),
      }),
    ),
  }),
);

export const SECRET_KEYS = named(
  "SecretKeys",
  object({
    key: text("Id of the newest key, which seals"),
    current: count("Values that were sealed with it before"),
    resealed: count("Values that were sealed anew by this request"),
    others: map(count(), "By the id of another key: values that are left under it"),
  }),
);

export const SOURCE = named(
  "Source",
  object({
    name: text(),
    path: optional(nullable(text("Where it is mounted; for admins of the whole installation"))),
    state: word(["available", "unavailable"]),
    detail: nullable(text("Why it is unavailable")),
    watcher: word(["events", "poll", "off"]),
    lastChangeAt: nullable(time()),
    lagMs: nullable(count("From the last change seen to its jobs being served")),
    paused: nullable(PAUSE),
  }),
);

export const META = named(
  "Meta",
  object({
    name: text(),
    version: text(),
    api: text(),
    database: word(["sqlite", "mysql", "mariadb"]),
    timeZone: text("Of schedules that name none"),
    features: listOf(text()),
    limits: object({ bodyBytes: count(), pageRows: count() }),
    now: time(),
  }),
);
