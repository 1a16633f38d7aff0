// Databases full of schedules: 500 different (expression, zone) pairs, all of which fire at one chosen instant.
import type { Database } from "../../src/db/database.ts";
import { CHANGING_COLUMNS, changingValues } from "../../src/db/schedule-row.ts";
import type { SqlValue } from "../../src/db/sql.ts";
import { newId } from "../../src/ids.ts";
import { nextFireOf } from "../../src/schedules/plan.ts";
import type { Schedule, When } from "../../src/schedules/schedule.ts";
import { zoneOf } from "../../src/schedules/zone.ts";

const ZONES = 50;
const BATCH = 1_000;

/** 50 zones times 10 ways to write it, each of which fires at `at` (a whole second) and at no time within the hour before. */
export function pairsFiringAt(at: number): { cron: string; timeZone: string }[] {
  const names = Intl.supportedValuesOf("timeZone");
  const step = Math.floor(names.length / ZONES);
  return names
    .filter((_, i) => i % step === 0)
    .slice(0, ZONES)
    .flatMap((timeZone) => {
      const local = new Date(at + zoneOf(timeZone)!.offsetAt(at));
      const h = local.getUTCHours();
      const m = `${local.getUTCSeconds()} ${local.getUTCMinutes()}`;
      const [day, month, weekday] = [local.getUTCDate(), local.getUTCMonth() + 1, local.getUTCDay()];
      const texts = [
        `${m} ${h} * * *`,
        `${m} ${h} 1-31 * *`,
        `${m} ${h} * 1-12 *`,
        `${m} ${h} * * 0-6`,
        `${m} ${h} ${day} * *`,
        `${m} ${h} * ${month} *`,
        `${m} ${h} * * ${weekday}`,
        `${m} ${h} 1-15,16-31 * *`,
        `${m} ${h}-${h} * * *`,
        `${m} ${h},${(h + 12) % 24} * * *`,
      ];
      return texts.map((cron) => ({ cron, timeZone }));
    });
}

/** Writes `count` schedules of one job, all due at `at`, past the face: through it they would take minutes. */
export async function seedSchedules(
  database: Database,
  count: number,
  at: number,
  jobKey: string,
): Promise<void> {
  const now = database.now();
  const pairs = pairsFiringAt(at);
  for (let from = 0; from < count; from += BATCH) {
    const rows: SqlValue[][] = [];
    for (let i = from; i < Math.min(count, from + BATCH); i++) {
      const { cron, timeZone } = pairs[i % pairs.length]!;
      const when: When = { kind: "cron", cron, timeZone, gap: "next", repeat: "first" };
      const schedule = scheduleOf(when, timeZone, jobKey, now);
      if (schedule.nextFireAt !== at) throw new Error(`${cron} in ${timeZone} does not fire at ${at}`);
      rows.push([schedule.id, schedule.createdAt, ...changingValues(schedule)]);
    }
    await database.write((sql) => sql.insert("schedules", ["id", "created_at", ...CHANGING_COLUMNS], rows));
  }
}

function scheduleOf(when: When, timeZone: string, jobKey: string, now: number): Schedule {
  const schedule: Schedule = {
    id: newId("sch", now),
    source: "default",
    jobKey,
    name: null,
    when,
    timeZone,
    params: {},
    enabled: true,
    disabled: null,
    paused: null,
    held: null,
    suspended: null,
    skips: [],
    overlap: "skip",
    catchUp: { policy: "latest", windowMs: 3_600_000, max: 100 },
    jitterMs: 0,
    timeoutMs: null,
    retries: null,
    maxFailedShare: null,
    pauseAfterFailures: null,
    failuresSince: now,
    startAt: null,
    endAt: null,
    maxRuns: null,
    runsCounted: 0,
    revision: 1,
    firedThrough: now,
    nextFireAt: null,
    origin: "api",
    suggested: null,
    createdAt: now,
    updatedAt: now,
  };
  return { ...schedule, nextFireAt: nextFireOf(schedule) };
}
