// Fires of many schedules in a short list: one that is due every second must not hide the others.
import type { PlannedFire } from "../api/contract.ts";

/** The first fire of each schedule, in order, at most `most`. */
export function firstOfEach(fires: readonly PlannedFire[], most: number): PlannedFire[] {
  const seen = new Set<string>();
  return fires
    .filter(({ schedule }) => {
      if (seen.has(schedule)) return false;
      seen.add(schedule);
      return true;
    })
    .slice(0, most);
}
