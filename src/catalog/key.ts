// Which folder names can be part of a job's key, and what to call those that cannot.

/** The file that makes a folder a job. */
export const ENTRY_NAME = "job.ts";

const SEGMENT = /^[a-z0-9][a-z0-9_-]*$/;
/** As wide as the column that holds it. */
export const MAX_KEY_LENGTH = 255;
export const MAX_KEY_DEPTH = 8;

/** Why a folder's path inside the source cannot be a job's key, or null when it can. */
export function keyProblem(path: string): string | null {
  const segments = path.split("/");
  const wrong = segments.find((segment) => !SEGMENT.test(segment));
  if (wrong !== undefined) {
    return `the folder name "${wrong}" has to be made of a to z, 0 to 9, _ and -, and start with a letter or a digit`;
  }
  if (segments.length > MAX_KEY_DEPTH)
    return `it lies ${segments.length} folders deep; ${MAX_KEY_DEPTH} are allowed`;
  if (path.length > MAX_KEY_LENGTH) {
    return `its path is ${path.length} characters long; ${MAX_KEY_LENGTH} are allowed`;
  }
  return null;
}

/** The nearest allowed name: `My Täsk` becomes `my-task`. */
export function suggestedKey(path: string): string {
  const segments = path.split("/").map((segment) =>
    segment
      .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
      .normalize("NFKD")
      .replace(/[\u0300-\u036f]/g, "")
      .toLowerCase()
      .replace(/[^a-z0-9_-]+/g, "-")
      .replace(/^[^a-z0-9]+|-+$/g, ""),
  );
  return segments.map((segment) => segment || "job").join("/");
}

/** The source of the jobs that every installation has; always named in an address. */
const BUILTIN = "builtin";

/**
 * How a job is shown among others: `source:key`, and the bare key where its source is the only one that is `mounted`.
 * A built-in job is `builtin:key` in any case.
 */
export function jobName(source: string, key: string, mounted: readonly string[]): string {
  const others = mounted.filter((name) => name !== BUILTIN && name !== source);
  const alone = source !== BUILTIN && others.length === 0 && mounted.includes(source);
  const shown = key.replaceAll("/", ".");
  return alone ? shown : `${source}:${shown}`;
}

/** Folders that never are jobs, though jobs may import from them. */
export function neverAJob(name: string): boolean {
  return name.startsWith("_") || name.startsWith(".") || name === "node_modules";
}
