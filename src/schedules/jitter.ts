// A schedule's own small delay: the same at every fire, different from schedule to schedule.
import type { Schedule } from "./schedule.ts";

/** Milliseconds in [0, jitterMs), from the id alone: 10,000 schedules of one instant spread out, each keeps its place. */
export function jitterOf(schedule: Pick<Schedule, "id" | "jitterMs">): number {
  if (schedule.jitterMs <= 0) return 0;
  // FNV-1a with a final mix, for ids that differ in their last characters only.
  let hash = 0x811c9dc5;
  for (let i = 0; i < schedule.id.length; i++) {
    hash = Math.imul(hash ^ schedule.id.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return Math.floor((((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * schedule.jitterMs);
}
