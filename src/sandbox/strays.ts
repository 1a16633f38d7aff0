// Processes of the job user that left their attempt altogether: no mark, no group, no parent leads back to one.
import { statSync } from "node:fs";
import { markOf } from "./marks.ts";
import { processIds, readProcess } from "./processes.ts";

/** Whose processes are those of jobs: the job user, from the start of the service on (in ticks of the machine). */
export interface Hunted {
  uid: number;
  since: number;
}

/** Null when something else runs as this user already: then not everything that does was made by a job. */
export function huntedOf(uid: number): Hunted | null {
  const others = processIds().filter((pid) => isOf(pid, uid) && markOf(pid) === undefined);
  const since = readProcess("self")?.startedAt;
  return others.length > 0 || since === undefined ? null : { uid, since };
}

/**
 * The user is there for jobs alone, so that whatever runs as it was made by a job: also by one that gave its process an
 * empty environment and a session of its own. Those that descend from a living child belong to its attempt.
 */
export function straysOf({ uid, since }: Hunted): number[] {
  const known = new Map<number, boolean>();
  const belongs = (pid: number, steps = 0): boolean => {
    const before = known.get(pid);
    if (before !== undefined) return before;
    const facts = steps > 32 || pid <= 1 ? undefined : readProcess(pid);
    const does =
      facts !== undefined &&
      (markOf(pid) !== undefined ||
        markOf(facts.group) !== undefined ||
        markOf(facts.session) !== undefined ||
        belongs(facts.parent, steps + 1));
    known.set(pid, does);
    return does;
  };
  return processIds().filter((pid) => {
    if (!isOf(pid, uid)) return false;
    const facts = readProcess(pid);
    return facts !== undefined && !facts.zombie && facts.startedAt >= since && !belongs(pid);
  });
}

function isOf(pid: number, uid: number): boolean {
  try {
    return statSync(`/proc/${pid}`).uid === uid;
  } catch {
    return false;
  }
}
