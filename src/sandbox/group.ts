// A child's process group: signals to all of it, and whether anything of it lives.
import { processIds, readProcess } from "./processes.ts";

/** A signal to the child's whole process group; a group that is gone already is fine. */
export function signalGroup(group: number | undefined, signal: "SIGTERM" | "SIGKILL"): void {
  if (group === undefined) return;
  try {
    process.kill(-group, signal);
  } catch {
    // ESRCH: nothing is left of it.
  }
}

/** The kernel knows a group as long as a zombie is in it, which some other process may let wait for ever. */
export function groupLives(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch (error) {
    // EPERM: there is one, and it is not ours to signal.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const all = processIds();
  return all.length === 0 || all.map(readProcess).some((one) => one?.group === group && !one.zombie);
}
