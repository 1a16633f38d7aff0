// What a schedule owes up to now: pure decisions about every fire since its cursor.
import type { Instant } from "../clock.ts";
import type { ActiveRun, Plan, Schedule } from "./schedule.ts";

/** Every fire in (firedThrough, now] in exactly one row, and the cursor and next fire after them (S1, S6, S9, S10). */
export function plan(_schedule: Schedule, _now: Instant, _active: readonly ActiveRun[]): Plan {
  throw new Error("not built yet");
}

/** The next fire that a schedule will be woken for, after its cursor; null when disabled, used up or over. */
export function nextFireOf(_schedule: Schedule): Instant | null {
  throw new Error("not built yet");
}
