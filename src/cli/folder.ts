// The one folder of jobs that a verb works in: the one that is named, or the only one that is configured.
import { resolve } from "node:path";
import type { Config } from "../config.ts";
import { usageError } from "./exit.ts";
import type { LocalSource } from "./workshop.ts";

export function oneFolder(dir: string | undefined, config: Config, cwd: string): LocalSource {
  if (dir !== undefined) return { name: "default", path: resolve(cwd, dir) };
  const [source, ...more] = config.sources;
  if (source && more.length === 0) return source;
  const names = config.sources.map(({ name, path }) => `${name}=${path}`).join(", ");
  throw usageError(`EXTERNAL_TASKS_PATH names several folders (${names}); say which one is meant`);
}

/** The folders that are named or configured. */
export function folders(dir: string | undefined, config: Config, cwd: string): readonly LocalSource[] {
  return dir === undefined ? config.sources : [{ name: "default", path: resolve(cwd, dir) }];
}
