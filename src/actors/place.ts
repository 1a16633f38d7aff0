// Where a process runs, so that another one there can tell whether it still does.
import { readFileSync, readlinkSync } from "node:fs";

export interface Place {
  /** The boot of the machine and the space of process ids; null where that is not known (no Linux). */
  name: string | null;
  pid: number;
}

export function ownPlace(): Place {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const space = /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0];
    return { name: space === undefined ? null : `${boot}:${space}`, pid: process.pid };
  } catch {
    return { name: null, pid: process.pid };
  }
}

/** True only when it is sure: the process ran here, and there is none with its id any more, or it is this one. */
export function isGone(other: Place, own: Place): boolean {
  if (own.name === null || other.name !== own.name) return false;
  // Started again in a container, a service has the id that it had before.
  if (other.pid === own.pid) return true;
  try {
    process.kill(other.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
