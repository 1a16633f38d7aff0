// The one service over configured schedules: every change settles what is owed first (S7), and then takes hold.
import type { Clock, Instant } from "../clock.ts";
import { conflict, ExpectedError, invalid, notFound } from "../errors.ts";
import { newId } from "../ids.ts";
import type { OverlapPolicy } from "../sdk/spec.ts";
import { readDefinition, readWhen, type ScheduleFields } from "./input.ts";
import { Problems } from "./input-values.ts";
import { patchDefinition } from "./patch.ts";
import { nextFireOf, plan, planSuspended } from "./plan.ts";
import { type NextFire, nextFires, type Preview, previewOf } from "./preview.ts";
import type {
  ActiveRun,
  Plan,
  RequestRef,
  Schedule,
  ScheduleFilter,
  ScheduleStore,
  SkippedReason,
} from "./schedule.ts";
import { sentenceOf } from "./sentence.ts";

/** What schedules need to know of a job. */
export interface ScheduledJob {
  /** The overlap that a new schedule gets when its request names none. */
  overlap: OverlapPolicy;
  /**
   * The params as they are to be saved (checked, secrets sealed); throws ExpectedError 422 with pointers below
   * `/params`. On an edit, `saved` are the params so far: values taken over from them come as they were saved.
   */
  acceptParams(params: Record<string, unknown>, saved?: Record<string, unknown>): Record<string, unknown>;
}

export interface SchedulesDeps {
  store: ScheduleStore;
  clock: Pick<Clock, "now">;
  defaults: { timeZone: string };
  /** Undefined when there is no such job, or none that ever loaded. */
  jobOf(source: string, key: string): ScheduledJob | undefined;
  /** Why a schedule's fires are skipped now, although it is enabled; undefined when they are not. */
  suspensionOf?(schedule: Schedule): { reason: SkippedReason; cause: string } | undefined;
  /** A hint that there may be work: runs were just written. */
  wake(): void;
  /** A schedule that could not be planned (a zone that this machine no longer knows); it is tried again in a minute. */
  trouble?(schedule: Schedule, error: unknown): void;
}

export interface CreateRequest {
  source: string;
  jobKey: string;
  fields: ScheduleFields;
  idempotency?: RequestRef;
  origin?: Schedule["origin"];
}

export interface PreviewRequest extends Pick<
  ScheduleFields,
  "cron" | "every" | "everyMs" | "anchorAt" | "at" | "timeZone" | "dst"
> {
  /** RFC 3339; now unless given. */
  from?: unknown;
  /** 1 to 100; 5 unless given. */
  count?: unknown;
}

/** Schedules that one transaction settles at most. */
const BATCH = 500;

export class Schedules {
  readonly #deps: SchedulesDeps;

  constructor(deps: SchedulesDeps) {
    this.#deps = deps;
  }

  /** Committed when it answers (A1); the cursor starts at now, so nothing before it is owed. */
  async create(request: CreateRequest, actor: string): Promise<Schedule> {
    const { store, clock, defaults } = this.#deps;
    const { source, jobKey, fields } = request;
    const job = this.#deps.jobOf(source, jobKey);
    if (!job) {
      const message = `there is no loaded job "${jobKey}" in the source "${source}"; see GET /jobs and GET /load-errors`;
      throw invalid([{ pointer: "/job", code: "unknown_job", message }]);
    }
    const now = clock.now();
    const definition = readDefinition(fields, { now, timeZone: defaults.timeZone, overlap: job.overlap });
    const schedule: Schedule = {
      ...definition,
      id: newId("sch", now),
      source,
      jobKey,
      params: job.acceptParams(definition.params),
      runsCounted: 0,
      revision: 1,
      firedThrough: now,
      nextFireAt: null,
      origin: request.origin ?? "api",
      createdAt: now,
      updatedAt: now,
    };
    schedule.nextFireAt = nextFireOf(schedule);
    await store.insert(schedule, actor, request.idempotency);
    return schedule;
  }

  get(id: string): Promise<Schedule | undefined> {
    return this.#deps.store.byId(id);
  }

  list(filter: ScheduleFilter): Promise<Schedule[]> {
    return this.#deps.store.list(filter);
  }

  /**
   * Settles the old revision up to now, then merges the patch, in one transaction: no fire is lost and none made twice
   * (S7, S8). 412 when the revision is not `expected` (null: any), 404 when there is none.
   */
  async patch(id: string, patch: ScheduleFields, expected: number | null, actor: string): Promise<Schedule> {
    let planned = false;
    const changed = await this.#deps.store.change(id, actor, (schedule, active) => {
      requireRevision(schedule, expected);
      const now = this.#deps.clock.now();
      const settled = plan(schedule, now, active);
      planned = makesRuns(settled);
      const { firedThrough, runsCounted } = settled;
      const base = { ...schedule, firedThrough, runsCounted };
      const next = {
        ...base,
        ...this.#edited(base, patch, now),
        revision: schedule.revision + 1,
        updatedAt: now,
      };
      next.nextFireAt = nextFireOf(next);
      return { rows: settled.rows, cancel: settled.cancel, schedule: next };
    });
    if (!changed) throw unknown(id);
    if (planned) this.#deps.wake();
    return changed;
  }

  /**
   * Settles and deletes it: the store ends its waiting runs, those just planned too, as `schedule_deleted`; a running one
   * goes on, and the history stays (S7, S8). 412 and 404 as above.
   */
  async remove(id: string, expected: number | null, actor: string): Promise<void> {
    let found = false;
    await this.#deps.store.change(id, actor, (schedule, active) => {
      found = true;
      requireRevision(schedule, expected);
      const { rows } = plan(schedule, this.#deps.clock.now(), active);
      return { rows, cancel: [], schedule: null };
    });
    if (!found) throw unknown(id);
  }

  /** Also of a cron text that never fires, which a warning says then; 422 for everything that cannot be read. */
  preview(request: PreviewRequest): Preview {
    const { clock, defaults } = this.#deps;
    const problems = new Problems();
    const { from: fromText, count: countGiven, ...fields } = request;
    const now = clock.now();
    const from = (fromText ?? null) === null ? now : problems.instant(fromText, "/from");
    const bounds = { min: 1, max: 100, whole: true };
    const count = (countGiven ?? null) === null ? 5 : problems.number(countGiven, "/count", bounds);
    const read = readWhen(fields, { now: from ?? now, timeZone: defaults.timeZone }, problems);
    const { timeZone, zoneDefaulted } = read;
    return previewOf(read.when, { from: from ?? now, count: count ?? 5, timeZone, zoneDefaulted });
  }

  /** The sentence and the next `n` fires of a saved schedule; none when it is off, used up or over. */
  describe(schedule: Schedule, n: number): { sentence: string; nextFires: NextFire[] } {
    const { when, timeZone, startAt, endAt, enabled, maxRuns, runsCounted } = schedule;
    const from = Math.max(this.#deps.clock.now(), schedule.firedThrough, (startAt ?? 0) - 1);
    const left = enabled ? (maxRuns === null ? Infinity : Math.max(0, maxRuns - runsCounted)) : 0;
    return {
      sentence: sentenceOf(when, timeZone),
      nextFires: nextFires(when, timeZone, from, Math.min(n, left), endAt ?? Infinity),
    };
  }

  /** Settles everything that is due, batch after batch; answers how many schedules were due. */
  async settleDue(now: Instant = this.#deps.clock.now()): Promise<number> {
    let all = 0;
    for (;;) {
      let planned = false;
      const due = await this.#deps.store.settleDue(now, BATCH, (schedule, active) => {
        const settled = this.#planOrPutOff(schedule, now, active);
        planned ||= makesRuns(settled);
        return settled;
      });
      all += due;
      // After each batch: the first of 10,000 need not wait for the last.
      if (planned) this.#deps.wake();
      if (due < BATCH) return all;
    }
  }

  /** One schedule that cannot be planned must not hold up the others of its batch. */
  #planOrPutOff(schedule: Schedule, now: Instant, active: readonly ActiveRun[]): Plan {
    try {
      const suspension = schedule.enabled ? this.#deps.suspensionOf?.(schedule) : undefined;
      if (suspension) return planSuspended(schedule, now, suspension.reason, suspension.cause);
      return plan(schedule, now, active);
    } catch (error) {
      this.#deps.trouble?.(schedule, error);
      const { firedThrough, runsCounted } = schedule;
      return { rows: [], firedThrough, nextFireAt: now + 60_000, runsCounted, cancel: [] };
    }
  }

  #edited(schedule: Schedule, patch: ScheduleFields, now: Instant): Partial<Schedule> {
    const { timeZone } = this.#deps.defaults;
    const job = this.#deps.jobOf(schedule.source, schedule.jobKey);
    const overlap = job?.overlap ?? schedule.overlap;
    const definition = patchDefinition(schedule, patch, { now, timeZone, overlap });
    if (patch.params === undefined) return definition;
    if (!job) {
      const message = `params cannot be checked while the job "${schedule.jobKey}" is not loaded; change the rest, or try again when it is`;
      throw conflict("job_missing", message);
    }
    return { ...definition, params: job.acceptParams(definition.params, schedule.params) };
  }
}

function makesRuns(settled: Plan): boolean {
  return settled.rows.some((row) => row.outcome === "run");
}

function requireRevision({ revision }: Schedule, expected: number | null): void {
  if (expected === null || expected === revision) return;
  throw new ExpectedError(
    412,
    "revision",
    `The schedule was changed meanwhile: it is at revision ${revision}, not ${expected}. Read it again and repeat the change.`,
  );
}

function unknown(id: string): ExpectedError {
  return notFound(`There is no schedule "${id.slice(0, 64)}".`);
}
