// What a start has to tell of itself: its sources with their jobs, and its database without a password.
import type { StartedSource } from "../cli/ports.ts";
import type { Config } from "../config.ts";
import type { Parts } from "./parts.ts";

export function startedSources({ catalog }: Parts): StartedSource[] {
  const entries = catalog.entries();
  return catalog
    .sources()
    .filter((source) => source.name !== "builtin")
    .map(({ name, path, state }) => {
      const own = entries.filter((entry) => entry.source === name);
      return {
        name,
        path,
        state,
        jobs: own.filter((entry) => entry.loadState === "ready" || entry.loadState === "stale").length,
        errors: own.filter((entry) => entry.loadError !== null).length,
      };
    });
}

/** The address without a password. */
export function shownAddress(config: Config): string {
  const { path, url } = config.taskDatabase;
  return path ? `sqlite:${path}` : url.replace(/:\/\/([^:@/]*)(:[^@]*)?@/, "://$1:***@");
}
