// Makes a folder and those above it, one by one: Node's own recursive way turns for ever below /proc (measured).
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** Throws the system's own error where a folder cannot be made. */
export function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    // Params, results and logs will lie in it.
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
