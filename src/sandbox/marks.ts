// The mark that every process of a child inherits, and the processes that bear one: those that left its group as well.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { processIds } from "./processes.ts";

/** The variable in a child's environment; its value names the service that started it and the child. */
export const MARK = "JOBMOUNT_CHILD";
const PREFIX = Buffer.from(`${MARK}=`);

/** One service from its start to its end. */
export function newInstance(): string {
  return randomBytes(6).toString("hex");
}

/** Not to be guessed: a job that could name the mark of another child could have it ended. */
export function newMark(instance: string): string {
  return `${instance}-${randomBytes(8).toString("hex")}`;
}

/** The mark of a process; undefined when it has none, or its environment is not ours to read. */
export function markOf(pid: number): string | undefined {
  return markIn(pid, PREFIX);
}

/** Living processes by the mark that they bear, of one service. What is not ours to read does not count. */
export function markedProcesses(instance: string): Map<string, number[]> {
  const sought = Buffer.from(`${MARK}=${instance}-`);
  const found = new Map<string, number[]>();
  for (const pid of processIds()) {
    const mark = markIn(pid, sought);
    if (mark === undefined) continue;
    const pids = found.get(mark);
    if (pids) pids.push(pid);
    else found.set(mark, [pid]);
  }
  return found;
}

/** A zombie has no environment any more, so that only what lives is found. */
function markIn(pid: number, sought: Buffer): string | undefined {
  let environment: Buffer;
  try {
    environment = readFileSync(`/proc/${pid}/environ`);
  } catch {
    return undefined;
  }
  const at = environment.indexOf(sought);
  if (at < 0 || (at > 0 && environment[at - 1] !== 0)) return undefined;
  const end = environment.indexOf(0, at);
  return environment.toString("latin1", at + MARK.length + 1, end < 0 ? undefined : end);
}
