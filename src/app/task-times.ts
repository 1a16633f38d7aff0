// When each task last succeeded and was to succeed next: read from the database, so a restart or a second replica knows it too.
import { setImmediate as pause } from "node:timers/promises";
import type { Instant } from "../clock.ts";
import type { Figures, LastSuccess } from "../runs/figures.ts";
import { firesFrom } from "../schedules/describe.ts";
import type { Schedule, ScheduleFilter } from "../schedules/schedule.ts";
import { covers, type ScopedPause } from "../schedules/suspension.ts";

export interface TaskTimes {
  source: string;
  jobKey: string;
  lastSuccessAt: Instant | null;
  /** The end of the time-out of the first fire since its last success; null for a task that nothing fires. */
  dueAt: Instant | null;
}

export interface TaskTimesParts {
  tasks(): readonly { source: string; key: string }[];
  figures: Pick<Figures, "lastSuccesses" | "leftOutThrough">;
  schedules: {
    list(filter: ScheduleFilter): Promise<Schedule[]>;
    openPauses(): Promise<readonly ScopedPause[]>;
  };
  /** Of the job: what an admin set, else its code, else the service's own. */
  timeoutMs(source: string, key: string): number;
  now(): Instant;
}

/** Whoever scrapes asks every 15 seconds; what other processes did may be told this much later. */
const FRESH_MS = 60_000;
const PAGE = 500;
/** A calendar step takes some 50 microseconds: so many in one go hold up nobody. */
const AT_ONCE = 100;

type Times = Pick<TaskTimes, "lastSuccessAt" | "dueAt">;

export class TaskTimesReader {
  readonly #parts: TaskTimesParts;
  #read: { at: number; times: Promise<ReadonlyMap<string, Times>> } | undefined;
  /** The first fire of a schedule's revision after an instant; the same again until something succeeds. */
  #fires = new Map<string, Instant | null>();

  constructor(parts: TaskTimesParts) {
    this.#parts = parts;
  }

  /** Every task that there is at this moment, also one that was never run. */
  async all(): Promise<TaskTimes[]> {
    const at = performance.now();
    if (!this.#read || at - this.#read.at > FRESH_MS) {
      const times = this.#times();
      this.#read = { at, times };
      // A failure is not kept for a minute.
      times.catch(() => (this.#read = undefined));
    }
    const times = await this.#read.times;
    return this.#parts.tasks().map(({ source, key }) => ({
      source,
      jobKey: key,
      ...(times.get(`${source}:${key}`) ?? { lastSuccessAt: null, dueAt: null }),
    }));
  }

  async #times(): Promise<ReadonlyMap<string, Times>> {
    const { figures, schedules, now } = this.#parts;
    const successes = new Map(
      (await figures.lastSuccesses()).map((one) => [`${one.source}:${one.jobKey}`, one]),
    );
    const times = new Map<string, Times>(
      [...successes].map(([name, { finishedAt }]) => [name, { lastSuccessAt: finishedAt, dueAt: null }]),
    );
    const pauses = await schedules.openPauses();
    const fires = new Map<string, Instant | null>();
    let after: string | undefined;
    for (;;) {
      const page = await schedules.list({ after, limit: PAGE });
      for (const [i, schedule] of page.entries()) {
        if (i % AT_ONCE === AT_ONCE - 1) await pause();
        if (!isExpected(schedule, pauses, now())) continue;
        const name = `${schedule.source}:${schedule.jobKey}`;
        const dueAt = await this.#dueAt(schedule, successes.get(name), fires);
        const known = times.get(name) ?? { lastSuccessAt: null, dueAt: null };
        times.set(name, { ...known, dueAt: earlier(known.dueAt, dueAt) });
      }
      if (page.length < PAGE) break;
      after = page.at(-1)!.id;
    }
    this.#fires = fires;
    return times;
  }

  async #dueAt(
    schedule: Schedule,
    success: LastSuccess | undefined,
    fires: Map<string, Instant | null>,
  ): Promise<Instant | null> {
    const { figures, timeoutMs, now } = this.#parts;
    const { source, jobKey, updatedAt, jitterMs } = schedule;
    const allowed = jitterMs + (schedule.timeoutMs ?? timeoutMs(source, jobKey));
    const due = (from: Instant) => {
      const at = this.#fireAfter(schedule, from, fires);
      return at === null ? null : at + allowed;
    };
    const from = Math.max(success?.finishedAt ?? 0, updatedAt);
    const dueAt = due(from);
    if (dueAt === null || dueAt > now()) return dueAt;
    // Late, unless somebody wanted it so: what a pause left out is not waited for when it is over.
    const leftOut = await figures.leftOutThrough(source, jobKey, success?.runId ?? "");
    return leftOut !== null && leftOut > from ? due(leftOut) : dueAt;
  }

  #fireAfter(schedule: Schedule, from: Instant, fires: Map<string, Instant | null>): Instant | null {
    const name = `${schedule.id} ${schedule.revision} ${from}`;
    const known = this.#fires.get(name);
    const at = known === undefined ? (firesFrom(schedule, from, 1)[0]?.at ?? null) : known;
    fires.set(name, at);
    return at;
  }
}

/** Whether somebody counts on its next fire; one that happens once is told of by its run alone. */
function isExpected(schedule: Schedule, pauses: readonly ScopedPause[], now: Instant): boolean {
  const { source, jobKey, when, enabled, paused, endAt, maxRuns, runsCounted } = schedule;
  if (!enabled || when.kind === "at") return false;
  if (endAt !== null && endAt <= now) return false;
  if (maxRuns !== null && runsCounted >= maxRuns) return false;
  if (paused && (paused.until === null || paused.until > now)) return false;
  return !pauses.some(({ scope }) => covers(scope, source, jobKey));
}

function earlier(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
