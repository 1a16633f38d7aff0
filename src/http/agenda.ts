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

/** The next `limit` fires up to `until`, over all of them, in order. Only schedules that come into it are walked further. */
export async function nextOfAll(
  deps: FaceDeps,
  { schedules, pauses }: SeenSchedules,
  until: Instant,
  limit: number,
): Promise<PlannedFire[]> {
  const firsts: { schedule: Schedule; at: Instant }[] = [];
  for (const [i, schedule] of schedules.entries()) {
    if (i % AT_ONCE === AT_ONCE - 1) await pause();
    const [first] = deps.schedules.describe(schedule, 1, pauses).nextFires;
    if (first && first.at <= until) firsts.push({ schedule, at: first.at });
  }
  firsts.sort((a, b) => a.at - b.at);
  const fires: PlannedFire[] = [];
  for (const { schedule } of firsts.slice(0, limit)) {
    for (const fire of deps.schedules.describe(schedule, limit, pauses).nextFires)
      if (fire.at <= until) fires.push({ schedule, fire });
  }
  return fires
    .sort((a, b) => a.fire.at - b.fire.at || (a.schedule.id < b.schedule.id ? -1 : 1))
    .slice(0, limit);
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
