// Names that a definition may give: of variables and of files. Held in the child that reads it, and against what it tells.
import { globProblem } from "./glob.ts";

/** The name of an environment variable, and none of the service's own, which hold its database and its keys. */
export function isEnvName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,99}$/.test(name) && !/^(JOBMOUNT_|TASK_DATABASE_URL)/i.test(name);
}

/** A glob inside the task directory. */
export function isFileGlob(pattern: string): boolean {
  return globProblem(pattern) === null && !pattern.includes("\0");
}
