// The difference between two versions of a job: a readable patch for each file of its own, a line for everything else.
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import type { JobSpec } from "../sdk/spec.ts";
import type { VersionFacts } from "./history.ts";
import { paramChanges, type ParamChange } from "./param-changes.ts";
import { isInPackage } from "./resolve.ts";
import type { VersionFile } from "./version.ts";

export interface FileDifference {
  /** Path inside the source; for packages the folder of the package. */
  path: string;
  change: "added" | "removed" | "changed";
  /** Unified diff with its two header lines; null when there is none to show, and then `note` says why. */
  patch: string | null;
  note: string | null;
}

/** A field of the definition besides the params. */
export interface FieldDifference {
  field: string;
  from: unknown;
  to: unknown;
}

export interface VersionDifference {
  from: string;
  to: string;
  params: ParamChange[];
  fields: FieldDifference[];
  files: FileDifference[];
}

/** The contents of one version's files by path, as far as they are kept. */
export type Contents = ReadonlyMap<string, Uint8Array>;

const MAX_TEXT_BYTES = 1024 * 1024;
/** All patches of one request together: the service does nothing else meanwhile. */
const MAX_MS = 100;
const CONTEXT_LINES = 3;
/** Told elsewhere (params), or too long to be told by value. */
const NOT_FIELDS = new Set<string>(["requiredParams", "optionalParams", "paramGroups"]);

/** The paths whose contents `differenceOf` wants. */
export function comparedPaths(from: VersionFacts, to: VersionFacts): string[] {
  return changedFiles(from, to)
    .filter(({ path }) => !isInPackage(path))
    .map(({ path }) => path);
}

/** Pure but for the clock: what would take too long to compare is told so. */
export function differenceOf(
  from: VersionFacts,
  to: VersionFacts,
  contents: { from: Contents; to: Contents },
  now: () => number = () => performance.now(),
): VersionDifference {
  const until = now() + MAX_MS;
  const files = new Map<string, FileDifference>();
  for (const { path, old, new: next } of changedFiles(from, to)) {
    if (isInPackage(path)) {
      const folder = packageFolder(path);
      const note = "code of an installed package, which is not kept by itself";
      files.set(folder, { path: folder, change: "changed", patch: null, note });
      continue;
    }
    const change = !old ? "added" : !next ? "removed" : "changed";
    const texts = { old: old && contents.from.get(path), new: next && contents.to.get(path) };
    const compared = compare({ path, old, next }, texts, until - now());
    files.set(path, { path, change, ...compared });
  }
  return {
    from: from.hash,
    to: to.hash,
    params: paramChanges(from.spec, to.spec),
    fields: fieldDifferences(from.spec, to.spec),
    files: [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

/** All patches in one text, as `patch` and people read it; what has no patch is a line that begins with `#`. */
export function patchText({ files }: VersionDifference): string {
  return files.map(({ path, change, patch, note }) => patch ?? `# ${path} ${change}: ${note}\n`).join("");
}

interface Pair {
  path: string;
  old: VersionFile | undefined;
  new: VersionFile | undefined;
}

function changedFiles(from: VersionFacts, to: VersionFacts): Pair[] {
  const old = new Map(from.files.map((file) => [file.path, file]));
  const now = new Map(to.files.map((file) => [file.path, file]));
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((path) => old.get(path)?.sha256 !== now.get(path)?.sha256)
    .map((path) => ({ path, old: old.get(path), new: now.get(path) }));
}

function compare(
  { path, old, next }: { path: string; old: VersionFile | undefined; next: VersionFile | undefined },
  bytes: { old: Uint8Array | undefined; new: Uint8Array | undefined },
  leftMs: number,
): Pick<FileDifference, "patch" | "note"> {
  const without = (note: string) => ({ patch: null, note: `${note}, ${sizes(old, next)}` });
  if ((old && !bytes.old) || (next && !bytes.new)) return without("its content is not kept");
  if (Math.max(old?.bytes ?? 0, next?.bytes ?? 0) > MAX_TEXT_BYTES)
    return without("too large to be compared");
  const [before, after] = [textOf(bytes.old), textOf(bytes.new)];
  if (before === null || after === null) return without("not a text");
  if (leftMs <= 0) return without("not compared: the difference is too large");
  const patch = createTwoFilesPatch(
    old ? `a/${path}` : "/dev/null",
    next ? `b/${path}` : "/dev/null",
    before,
    after,
    undefined,
    undefined,
    { context: CONTEXT_LINES, timeout: leftMs, headerOptions: FILE_HEADERS_ONLY },
  );
  return patch === undefined ? without("too different to be compared line by line") : { patch, note: null };
}

/** Null for bytes that are no text. */
function textOf(bytes: Uint8Array | undefined): string | null {
  if (!bytes) return "";
  if (bytes.includes(0)) return null;
  return Buffer.from(bytes).toString("utf8");
}

function sizes(old: VersionFile | undefined, next: VersionFile | undefined): string {
  if (!old) return `${next?.bytes ?? 0} bytes`;
  return next ? `${old.bytes} -> ${next.bytes} bytes` : `${old.bytes} bytes`;
}

/** `billing/node_modules/@scope/name/lib/x.js` is of `billing/node_modules/@scope/name`. */
function packageFolder(path: string): string {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path;
}

function fieldDifferences(from: JobSpec, to: JobSpec): FieldDifference[] {
  const fields = Object.keys({ ...from, ...to }) as (keyof JobSpec)[];
  return fields
    .filter((field) => !NOT_FIELDS.has(field) && JSON.stringify(from[field]) !== JSON.stringify(to[field]))
    .map((field) => ({ field, from: from[field], to: to[field] }));
}
