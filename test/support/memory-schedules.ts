// Schedules in memory: a double of the domain's port that knows a handful of rules, enough to meet the face with.
import type { Clock } from "../../src/clock.ts";
import { ExpectedError, invalid, notFound } from "../../src/errors.ts";
import type { Schedules } from "../../src/http/ports.ts";
import { newId } from "../../src/ids.ts";
import type { ScheduleFields } from "../../src/schedules/input.ts";
import type { Preview } from "../../src/schedules/preview.ts";
import type { Schedule, ScheduleFilter } from "../../src/schedules/schedule.ts";
import type { CreateRequest, PreviewRequest } from "../../src/schedules/schedules.ts";

export class MemorySchedules implements Schedules {
  readonly rows: Schedule[] = [];
  readonly actors: string[] = [];
  /** The fields of the last create or patch, as the face handed them over. */
  lastFields: ScheduleFields | undefined;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  create({ source, jobKey, fields }: CreateRequest, actor: string): Promise<Schedule> {
    this.lastFields = fields;
    checkFields(fields);
    const now = this.#clock.now();
    const timeZone = typeof fields.timeZone === "string" ? fields.timeZone : "UTC";
    const schedule: Schedule = {
      id: newId("sch", now),
      source,
      jobKey,
      name: (fields.name as string | undefined) ?? null,
      when: { kind: "cron", cron: String(fields.cron), timeZone, gap: "next", repeat: "first" },
      timeZone,
      params: (fields.params as Record<string, unknown> | undefined) ?? {},
      enabled: fields.enabled !== false,
      overlap: "skip",
      catchUp: { policy: "latest", windowMs: 3_600_000, max: 100 },
      jitterMs: 0,
      timeoutMs: null,
      retries: null,
      maxFailedShare: null,
      startAt: null,
      endAt: null,
      maxRuns: null,
      runsCounted: 0,
      revision: 1,
      firedThrough: now,
      nextFireAt: now + 60_000,
      origin: "api",
      createdAt: now,
      updatedAt: now,
    };
    this.rows.push(schedule);
    this.actors.push(actor);
    return Promise.resolve({ ...schedule });
  }

  get(id: string): Promise<Schedule | undefined> {
    const schedule = this.rows.find((row) => row.id === id);
    return Promise.resolve(schedule && { ...schedule });
  }

  list(filter: ScheduleFilter): Promise<Schedule[]> {
    const found = this.rows.filter(
      (row) =>
        (filter.source === undefined || row.source === filter.source) &&
        (filter.sources?.includes(row.source) ?? true) &&
        (filter.jobs?.includes(`${row.source}:${row.jobKey}`) ?? true) &&
        (filter.after === undefined || row.id > filter.after),
    );
    return Promise.resolve(found.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, filter.limit));
  }

  patch(id: string, patch: ScheduleFields, expected: number | null, actor: string): Promise<Schedule> {
    this.lastFields = patch;
    const schedule = this.#expected(id, expected);
    if (patch.cron !== undefined || patch.timeZone !== undefined) {
      checkFields({ cron: "0 0 * * *", ...patch });
    }
    if (typeof patch.name === "string" || patch.name === null) schedule.name = patch.name;
    if (patch.enabled !== undefined) schedule.enabled = patch.enabled === true;
    schedule.revision++;
    this.actors.push(actor);
    return Promise.resolve({ ...schedule });
  }

  remove(id: string, expected: number | null): Promise<void> {
    this.rows.splice(this.rows.indexOf(this.#expected(id, expected)), 1);
    return Promise.resolve();
  }

  preview(request: PreviewRequest): Preview {
    checkFields(request);
    const at = this.#clock.now();
    return {
      sentence: "At 02:30, every day",
      timeZone: "UTC",
      nextFires: [{ at, utc: new Date(at).toISOString(), local: "2027-01-02T03:04:05+00:00" }],
      warnings: [],
    };
  }

  describe(schedule: Schedule, n: number): ReturnType<Schedules["describe"]> {
    const fires = [1, 2, 3, 4, 5].slice(0, n).map((minute) => {
      const at = schedule.firedThrough + minute * 60_000;
      return {
        at,
        utc: new Date(at).toISOString(),
        local: new Date(at).toISOString().replace("Z", "+00:00"),
      };
    });
    return { sentence: "Every minute", nextFires: fires };
  }

  #expected(id: string, expected: number | null): Schedule {
    const schedule = this.rows.find((row) => row.id === id);
    if (!schedule) throw notFound(`There is no schedule "${id}".`);
    if (expected === null || expected === schedule.revision) return schedule;
    throw new ExpectedError(412, "revision", `The schedule is at revision ${schedule.revision} by now.`);
  }
}

function checkFields(fields: ScheduleFields): void {
  const { cron, timeZone } = fields;
  if (typeof cron !== "string" || cron.split(" ").length !== 5) {
    throw invalid([{ pointer: "/cron", code: "cron", message: "must have five fields" }]);
  }
  if (typeof timeZone === "string" && !["UTC", "Europe/Berlin"].includes(timeZone)) {
    throw invalid([{ pointer: "/timeZone", code: "time_zone", message: "is no IANA time zone" }]);
  }
}
