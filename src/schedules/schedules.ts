// The one service over configured schedules: every change settles what is owed first (S7), and then takes hold.
import type { Clock, Instant } from "../clock.ts";
import { conflict, invalid } from "../errors.ts";
import { newId } from "../ids.ts";
import type { OverlapPolicy, SuggestedSchedule } from "../sdk/spec.ts";
import type { Definition } from "./definition.ts";
import { type Description, describe } from "./describe.ts";
import { type Effect, effectOf } from "./effect.ts";
import type { Expected } from "./expected.ts";
import { readDefinition, type ScheduleFields } from "./input.ts";
import { patchDefinition, replaceDefinition } from "./patch.ts";
import { nextFireOf } from "./plan.ts";
import { type Preview, previewOf, type UsualDuration } from "./preview.ts";
import { type PreviewRequest, readPreview } from "./preview-input.ts";
import type { RequestRef, Schedule, ScheduleChoice, ScheduleFilter } from "./schedule.ts";
import { type Changed, type Edit, Settler, type SettlerDeps, unknown } from "./settler.ts";
import { appliedOf, driftOf, missingSuggestions, suggestionOf } from "./suggested.ts";
import { asSuspended, type ScopedPause, type Suspended, suspensionAt, suspensionsOf } from "./suspension.ts";

/** What schedules need to know of a job. */
export interface ScheduledJob {
  /** The overlap that a new schedule gets when its request names none. */
  overlap: OverlapPolicy;
  /**
   * The params as they are to be saved (checked, secrets sealed); throws ExpectedError 422 with pointers below
   * `/params`. On an edit, `saved` are the params so far: values taken over from them come as they were saved.
   */
  acceptParams(params: Record<string, unknown>, saved?: Record<string, unknown>): Record<string, unknown>;
  /** Names of the params that are secret: a copy asks for them again. */
  secretParams?: readonly string[];
}

export interface SchedulesDeps extends SettlerDeps {
  clock: Pick<Clock, "now">;
  defaults: { timeZone: string };
  /** Undefined when there is no such job, or none that ever loaded. */
  jobOf(source: string, key: string): ScheduledJob | undefined;
}

export interface CreateRequest {
  source: string;
  jobKey: string;
  fields: ScheduleFields;
  idempotency?: RequestRef;
  /** The suggestion of the job's code that it is made from. */
  suggestion?: SuggestedSchedule;
  /** Paused from its first instant on, for this reason. */
  pausedFor?: string;
}

/** Schedules of one job that are read in one go. */
const PAGE = 200;

export class Schedules {
  readonly #deps: SchedulesDeps;
  /** What changes schedules in other ways uses the same shell. */
  readonly settler: Settler;

  constructor(deps: SchedulesDeps) {
    this.#deps = deps;
    this.settler = new Settler(deps);
  }

  /** Committed when it answers (A1); the cursor starts at now, so nothing before it is owed. */
  async create(request: CreateRequest, actor: string): Promise<Schedule> {
    const { store, clock, defaults } = this.#deps;
    const { source, jobKey, fields, pausedFor, suggestion } = request;
    const job = this.jobOf(source, jobKey);
    const now = clock.now();
    const definition = readDefinition(fields, { now, timeZone: defaults.timeZone, overlap: job.overlap });
    const schedule: Schedule = {
      ...definition,
      id: newId("sch", now),
      source,
      jobKey,
      params: job.acceptParams(definition.params),
      disabled: definition.enabled ? null : { by: actor, at: now },
      paused: pausedFor === undefined ? null : { by: actor, reason: pausedFor, at: now, until: null },
      held: null,
      suspended: null,
      skips: [],
      runsCounted: 0,
      failuresSince: now,
      revision: 1,
      firedThrough: now,
      nextFireAt: null,
      origin: suggestion ? "code" : "api",
      suggested: suggestion ? appliedOf(suggestion) : null,
      createdAt: now,
      updatedAt: now,
    };
    schedule.suspended = firstSuspension(schedule);
    schedule.nextFireAt = schedule.suspended ? null : nextFireOf(schedule);
    await store.insert(schedule, actor, request.idempotency);
    return schedule;
  }

  get(id: string): Promise<Schedule | undefined> {
    return this.#deps.store.byId(id);
  }

  list(filter: ScheduleFilter): Promise<Schedule[]> {
    return this.#deps.store.list(filter);
  }

  count(choice: ScheduleChoice, cap: number): Promise<{ count: number; capped: boolean }> {
    return this.#deps.store.count(choice, cap);
  }

  /**
   * Settles the old revision up to now, then merges the patch, in one transaction: no fire is lost and none made twice
   * (S7, S8). A patch that changes nothing makes no revision. 412 when the revision is not `expected` (null: any), 404
   * when there is none.
   */
  async patch(id: string, patch: ScheduleFields, expected: Expected, actor: string): Promise<Schedule> {
    return (await this.patchAndTell(id, patch, expected, actor)).schedule;
  }

  /** The same, with the asked skips that it ended because the schedule has no fire then any more. */
  patchAndTell(id: string, patch: ScheduleFields, expected: Expected, actor: string): Promise<Changed> {
    return this.settler.changeAndTell(this.#patching(id, patch, expected, actor));
  }

  /**
   * The same with a whole definition: what it does not say has its default. A secret param that is sent back as it is
   * shown keeps its saved value.
   */
  replaceAndTell(id: string, fields: ScheduleFields, expected: Expected, actor: string): Promise<Changed> {
    return this.settler.changeAndTell(this.#patching(id, fields, expected, actor, replaceDefinition));
  }

  /** What the patch would do to the fires that are owed now; nothing is changed. */
  async wouldPatch(id: string, patch: ScheduleFields, expected: Expected, actor: string): Promise<Effect> {
    return this.effectOf(this.#patching(id, patch, expected, actor));
  }

  /** What a change would do; nothing is written. */
  async effectOf(edit: Edit): Promise<Effect> {
    const change = await this.settler.wouldChange(edit);
    const [next] = this.describe(change.schedule!, 1, await this.openPauses()).nextFires;
    return effectOf(change, next?.at ?? null);
  }

  /**
   * Settles and deletes it: the store ends its waiting runs, those just planned too, as `schedule_deleted`; a running one
   * goes on, and the history stays (S7, S8). 412 and 404 as above.
   */
  async remove(id: string, expected: Expected, actor: string): Promise<void> {
    await this.settler.remove(id, expected, actor);
  }

  /** Also of a cron text that never fires, which a warning says then; 422 for everything that cannot be read. */
  preview(request: PreviewRequest, job: { usual?: UsualDuration; overlap?: OverlapPolicy } = {}): Preview {
    const { clock, defaults } = this.#deps;
    const { when, options } = readPreview(request, { now: clock.now(), timeZone: defaults.timeZone });
    return previewOf(when, { ...options, usual: job.usual, overlap: options.overlap ?? job.overlap });
  }

  /** The sentence, the next `n` fires (not before `from`), and what suspends it, given the pauses that are open (`openPauses`). */
  describe(schedule: Schedule, n: number, pauses: readonly ScopedPause[] = [], from?: Instant): Description {
    const unavailable = this.#deps.suspensionOf?.(schedule);
    const now = this.#deps.clock.now();
    return describe(schedule, suspensionsOf(schedule, pauses, unavailable, now), now, n, from);
  }

  /** Which of these suggestions of a job none of its schedules was made from. */
  missingSuggestions(
    suggestions: readonly SuggestedSchedule[],
    known: readonly Pick<Schedule, "suggested">[],
  ): SuggestedSchedule[] {
    return missingSuggestions(suggestions, known, this.#deps.defaults.timeZone);
  }

  /** The schedule of the job that was made from this one of its suggestions, if there is one. */
  async madeFrom(
    { source, jobKey }: { source: string; jobKey: string },
    suggestion: SuggestedSchedule,
    suggestions: readonly SuggestedSchedule[],
  ): Promise<Schedule | undefined> {
    const { timeZone } = this.#deps.defaults;
    for (let after: string | undefined = ""; after !== undefined;) {
      const page: Schedule[] = await this.list({ source, jobKey, limit: PAGE, after });
      const made = page.find((schedule) => suggestionOf(schedule, suggestions, timeZone) === suggestion);
      if (made) return made;
      after = page.length === PAGE ? page.at(-1)!.id : undefined;
    }
    return undefined;
  }

  /** What the job's code suggests now for a schedule that was made from a suggestion, and where the two differ. */
  drift(schedule: Schedule, suggestions: readonly SuggestedSchedule[], isOpen: (param: string) => boolean) {
    const { timeZone } = this.#deps.defaults;
    const suggestion = suggestionOf(schedule, suggestions, timeZone);
    return suggestion && { suggestion, fields: driftOf(schedule, suggestion, timeZone, isOpen) };
  }

  /** The pauses of jobs, sources and everything that are in force, the oldest first. */
  async openPauses(): Promise<ScopedPause[]> {
    const now = this.#deps.clock.now();
    return (await this.#deps.store.openPauses()).filter(({ until }) => until === null || until > now);
  }

  /** Settles everything that is due, batch after batch; answers how many schedules were due. */
  settleDue(now: Instant = this.#deps.clock.now()): Promise<number> {
    return this.settler.due(now);
  }

  /** 422 when there is no such job, or none that ever loaded. */
  jobOf(source: string, jobKey: string): ScheduledJob {
    const job = this.#deps.jobOf(source, jobKey);
    if (job) return job;
    const message = `there is no loaded job "${jobKey}" in the source "${source}"; see GET /jobs and GET /load-errors`;
    throw invalid([{ pointer: "/job", code: "unknown_job", message }]);
  }

  #patching(id: string, patch: ScheduleFields, expected: Expected, actor: string, merge = patchDefinition) {
    const edit = (settled: Schedule, now: Instant): Partial<Schedule> => {
      const edited = this.#edited(settled, patch, now, merge);
      // Params that were just accepted fit: there is nothing to hold any more (R7).
      const definition =
        patch.params === undefined && merge === patchDefinition ? edited : { ...edited, held: null };
      if (definition.enabled === settled.enabled) return definition;
      const disabled = definition.enabled ? null : { by: actor, at: now };
      return { ...definition, disabled, ...(definition.enabled ? { failuresSince: now } : {}) };
    };
    return { id, expected, actor, action: "edited" as const, edit };
  }

  #edited(
    schedule: Schedule,
    patch: ScheduleFields,
    now: Instant,
    merge: typeof patchDefinition,
  ): Definition {
    const { timeZone } = this.#deps.defaults;
    const job = this.#deps.jobOf(schedule.source, schedule.jobKey);
    const overlap = job?.overlap ?? schedule.overlap;
    const definition = merge(schedule, patch, { now, timeZone, overlap });
    if (patch.params === undefined && merge === patchDefinition) return definition;
    if (!job) {
      const message = `params cannot be checked while the job "${schedule.jobKey}" is not loaded; change the rest, or try again when it is`;
      throw conflict("job_missing", message);
    }
    return { ...definition, params: job.acceptParams(definition.params, schedule.params) };
  }
}

/** The suspension that a new schedule begins with; what the catalog knows opens with its first fire. */
function firstSuspension(schedule: Schedule): Suspended | null {
  const span = suspensionAt(
    suspensionsOf(schedule, [], undefined, schedule.firedThrough),
    schedule.firedThrough,
    null,
  );
  return span ? asSuspended(span) : null;
}

export { unknown };
