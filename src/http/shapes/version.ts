// The shapes of a job's versions, their source and the difference between two.
import { SPEC } from "./job.ts";
import { anything, count, flag, listOf, named, nullable, object, text, time, word } from "./shape.ts";

const FILE_FIELDS = {
  path: text("Inside the source"),
  sha256: text(),
  bytes: count(),
  role: word(["code", "data", "lock"]),
};

const PARAM_CHANGE = object({
  name: nullable(text("Null: how params belong together")),
  change: word(["added", "removed", "changed"]),
  says: listOf(text()),
});

const COMMON = {
  hash: text(),
  declared: nullable(text("The author's own version")),
  serves: flag("New runs use it"),
  pinned: flag(),
  loadedAt: time("When the folder last became this version"),
  builtAt: time(),
  revision: nullable(text("The commit that the source was at")),
  bytes: count(),
  needs: listOf(
    object({ name: text(), version: nullable(text()), from: word(["task", "cache", "service"]) }),
    "Packages that it does not contain",
  ),
  paramChanges: nullable(listOf(PARAM_CHANGE, "Since the version that was loaded before it")),
};

export const VERSION_BRIEF = named("VersionBrief", object({ ...COMMON, files: count() }));

export const VERSION = named(
  "Version",
  object({
    ...COMMON,
    builder: text(),
    name: text(),
    spec: SPEC,
    files: listOf(object(FILE_FIELDS)),
  }),
);

export const VERSION_SOURCE = named(
  "VersionSource",
  object({
    hash: text(),
    revision: nullable(text()),
    files: listOf(
      object({ ...FILE_FIELDS, text: nullable(text("Null for what is no text, too large, or not kept")) }),
    ),
  }),
);

export const VERSION_DIFF = named(
  "VersionDiff",
  object({
    from: text(),
    to: text(),
    params: listOf(PARAM_CHANGE),
    fields: listOf(object({ field: text(), from: anything(), to: anything() })),
    files: listOf(
      object({
        path: text(),
        change: word(["added", "removed", "changed"]),
        patch: nullable(text("Unified diff; null when there is none to show")),
        note: nullable(text("Why there is none")),
      }),
    ),
  }),
);
