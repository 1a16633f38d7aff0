// The packages that the service offers to jobs which have not installed them: few, documented, and never bundled.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The list in docs/writing-jobs.md. */
export const OFFERED_PACKAGES = ["mysql2", "libsql", "undici"] as const;

/** The folder whose `node_modules` holds the offered packages: the service's own. */
export function offeredFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  // Its depth differs between the sources and what is built from them.
  while (!existsSync(join(folder, "node_modules", OFFERED_PACKAGES[0], "package.json"))) {
    const up = dirname(folder);
    if (up === folder) throw new Error(`the service's own package ${OFFERED_PACKAGES[0]} is not installed`);
    folder = up;
  }
  return folder;
}

/** The version of an offered package, or null when the service does not offer it. */
export function offeredVersion(name: string): string | null {
  if (!OFFERED_PACKAGES.some((offered) => offered === name)) return null;
  const manifest = readFileSync(join(offeredFolder(), "node_modules", name, "package.json"), "utf8");
  return String((JSON.parse(manifest) as { version?: unknown }).version ?? "unknown");
}
