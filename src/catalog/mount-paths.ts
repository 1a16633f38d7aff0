// The `paths` of the mount's own tsconfig.json: the one thing of it that loading honours.
import type { Snapshot } from "./snapshot.ts";
import { joinPath, type TreePath } from "./tree.ts";

const FILE: TreePath = "tsconfig.json";
const MAX_BYTES = 256 * 1024;

/** `"@lib/*": ["./_lib/*"]`, with targets as paths inside the source. */
export interface PathAlias {
  prefix: string;
  /** Null for a pattern without a star. */
  suffix: string | null;
  targets: { prefix: TreePath; suffix: string }[];
}

/** `broken` says why there are none although the file exists. */
export interface MountPaths {
  aliases: PathAlias[];
  broken: string | null;
}

/** Reads the file in the root of the source; most mounts have none. */
export async function readMountPaths(snapshot: Snapshot): Promise<MountPaths> {
  const file = await snapshot.read(FILE, MAX_BYTES);
  if (!file) return { aliases: [], broken: null };
  try {
    return { aliases: aliasesOf(JSON.parse(withoutComments(file.bytes.toString("utf8")))), broken: null };
  } catch {
    return {
      aliases: [],
      broken: "tsconfig.json is there, but cannot be parsed, so its `paths` are not known",
    };
  }
}

/** The places inside the source that a request may mean, best first; empty when no pattern fits. */
export function aliasTargets(aliases: readonly PathAlias[], request: string): TreePath[] {
  const fitting = aliases.filter((alias) =>
    alias.suffix === null
      ? request === alias.prefix
      : request.length >= alias.prefix.length + alias.suffix.length &&
        request.startsWith(alias.prefix) &&
        request.endsWith(alias.suffix),
  );
  // As the compiler does: an exact pattern first, then the longest prefix.
  fitting.sort(
    (a, b) => Number(a.suffix !== null) - Number(b.suffix !== null) || b.prefix.length - a.prefix.length,
  );
  const best = fitting[0];
  if (!best) return [];
  const star =
    best.suffix === null ? "" : request.slice(best.prefix.length, request.length - best.suffix.length);
  return best.targets
    .map((target) => joinPath("", `${target.prefix}${star}${target.suffix}`))
    .filter((path) => path !== null);
}

function aliasesOf(config: unknown): PathAlias[] {
  const options = field(config, "compilerOptions");
  const paths = field(options, "paths");
  const base = field(options, "baseUrl");
  const folder = typeof base === "string" ? `${base}/` : "./";
  if (typeof paths !== "object" || paths === null) return [];
  return Object.entries(paths).map(([pattern, targets]) => {
    const [prefix = "", suffix] = pattern.split("*");
    return {
      prefix,
      suffix: suffix ?? null,
      targets: (Array.isArray(targets) ? targets : [])
        .filter((target) => typeof target === "string")
        .map((target) => {
          const [before = "", after = ""] = target.split("*");
          return { prefix: folder + before, suffix: after };
        }),
    };
  });
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/**
 * Comments and commas before a closing bracket, as tsconfig.json allows them; texts are left as they are. Unfinished
 * texts and comments match to the end, so that no input is scanned twice.
 */
function withoutComments(text: string): string {
  const bare = text
    .replace(/^\ufeff/, "")
    .replace(/"(?:[^"\\]|\\.)*"?|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g, (part) =>
      part.startsWith('"') ? part : " ",
    );
  return bare.replace(/"(?:[^"\\]|\\.)*"?|,(?=\s*[}\]])/g, (part) => (part === "," ? "" : part));
}
