// Looking ahead over all schedules that somebody may see: the next fires, and the clock changes that touch them.
import { setImmediate as pause } from "node:timers/promises";
import type { Principal } from "../access/principal.ts";
import type { Instant } from "../clock.ts";
import { warningOf } from "../schedules/clock-warnings.ts";
import type { NextFire } from "../schedules/preview.ts";
import type { Schedule } from "../schedules/schedule.ts";
import type { ScopedPause } from "../schedules/suspension.ts";
import { type Transition, zoneOf } from "../schedules/zone.ts";
import type { FaceDeps } from "./ports.ts";

/** Schedules that are looked at; beyond them an answer says `partial`. */
const MOST = 5_000;
const PAGE = 500;
/** A schedule's next fire takes some 50 microseconds: so many in one go hold up nobody. */
const AT_ONCE = 100;

export interface SeenSchedules {
  schedules: Schedule[];
  pauses: readonly ScopedPause[];
  partial: boolean;
}

export async function seenSchedules(
  deps: FaceDeps,
  { sources }: Principal,
  source?: string,
): Promise<SeenSchedules> {
  const schedules: Schedule[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await deps.schedules.list({ source, sources: sources ?? undefined, after, limit: PAGE });
    schedules.push(...page);
    if (page.length < PAGE || schedules.length >= MOST) {
      const partial = page.length === PAGE;
      return { schedules, pauses: await deps.schedules.openPauses(), partial };
    }
    after = page.at(-1)!.id;
  }
}

export interface PlannedFire {
  schedule: Schedule;
  fire: NextFire;
}

/**
 * The next `limit` fires from `from` (now) up to `until`, over all of them, in order. Only schedules that come into it are walked further,
 * and each only about as far as it comes into it: the cost grows with the schedules and the limit, not with their product.
 */
export async function nextOfAll(
  deps: FaceDeps,
  { schedules, pauses }: SeenSchedules,
  until: Instant,
  limit: number,
  from?: Instant,
): Promise<PlannedFire[]> {
  const heads: Head[] = [];
  for (const [i, schedule] of schedules.entries()) {
    if (i % AT_ONCE === AT_ONCE - 1) await pause();
    const { nextFires } = deps.schedules.describe(schedule, 1, pauses, from);
    if (nextFires[0] && nextFires[0].at <= until) heads.push({ schedule, fires: nextFires, taken: 0 });
  }
  heads.sort(inOrder);
  // Of those that come later than `limit` others none can come into it.
  heads.length = Math.min(heads.length, limit);
  const found: PlannedFire[] = [];
  for (let head = heads.shift(); head && found.length < limit; head = heads.shift()) {
    found.push({ schedule: head.schedule, fire: head.fires[head.taken]! });
    const next = following(deps, head, pauses, from);
    if (!next || next.fires[next.taken]!.at > until) continue;
    const place = heads.findIndex((other) => inOrder(next, other) < 0);
    heads.splice(place === -1 ? heads.length : place, 0, next);
  }
  return found;
}

/** A schedule on the way, with its next fires as far as they were looked for. */
interface Head {
  schedule: Schedule;
  fires: readonly NextFire[];
  taken: number;
}

function inOrder(a: Head, b: Head): number {
  return a.fires[a.taken]!.at - b.fires[b.taken]!.at || (a.schedule.id < b.schedule.id ? -1 : 1);
}

/** Twice as many are looked for each time that they come to an end: all looks together cost at most four times the last fire. */
function following(
  deps: FaceDeps,
  head: Head,
  pauses: readonly ScopedPause[],
  from?: Instant,
): Head | undefined {
  const taken = head.taken + 1;
  if (taken < head.fires.length) return { ...head, taken };
  const { nextFires } = deps.schedules.describe(head.schedule, 2 * taken, pauses, from);
  return nextFires.length > taken ? { ...head, fires: nextFires, taken } : undefined;
}

export interface TouchingChange {
  timeZone: string;
  change: Transition;
  touched: { schedule: Schedule; message: string }[];
}

/** The clock changes in (from, until] of the zones in which schedules fire, each with those that it touches. */
export async function clockChanges(
  { schedules }: SeenSchedules,
  from: Instant,
  until: Instant,
): Promise<TouchingChange[]> {
  const changes = new Map<string, TouchingChange>();
  for (const [i, schedule] of schedules.entries()) {
    if (i % AT_ONCE === AT_ONCE - 1) await pause();
    const { when, timeZone, enabled } = schedule;
    const zone = enabled ? zoneOf(when.kind === "cron" ? when.timeZone : timeZone) : undefined;
    if (!zone) continue;
    for (const change of zone.transitions(from, until)) {
      const key = `${zone.name} ${change.at}`;
      const known = changes.get(key) ?? { timeZone: zone.name, change, touched: [] };
      changes.set(key, known);
      const warning = warningOf(when, zone, change);
      if (warning) known.touched.push({ schedule, message: warning.message });
    }
  }
  return [...changes.values()].sort((a, b) => a.change.at - b.change.at);
}
