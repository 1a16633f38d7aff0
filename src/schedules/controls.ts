// The hand on a schedule: pause, resume, skip the next fires, hold while its params do not fit, copy.
import type { Instant } from "../clock.ts";
import { conflict, type FieldError, invalid } from "../errors.ts";
import { pausedAs, type PauseFields, readPause, readReason, readSkipCount } from "./control-input.ts";
import type { ScheduleFields } from "./definition.ts";
import type { Effect } from "./effect.ts";
import { freeFires } from "./next-fire.ts";
import { fieldsOf } from "./patch.ts";
import type { AskedSkip, RequestRef, Schedule } from "./schedule.ts";
import type { Schedules } from "./schedules.ts";
import { type Edit, unknown } from "./settler.ts";
import { isOpen, type Pause } from "./suspension.ts";

export interface CopyRequest {
  /** Source and key of another job; the same one unless given. */
  job?: { source: string; jobKey: string };
  /** What is to be different; the params that are secret have to be given again. */
  fields: ScheduleFields;
  idempotency?: RequestRef;
}

export class Controls {
  readonly #schedules: Schedules;
  readonly #clock: { now(): Instant };

  constructor(schedules: Schedules, clock: { now(): Instant }) {
    this.#schedules = schedules;
    this.#clock = clock;
  }

  /** From now on it does not fire, until `until` or until somebody resumes it. A paused one gets the new reason or end. */
  async pause(id: string, fields: PauseFields, actor: string, request?: RequestRef): Promise<Schedule> {
    const schedule = await this.#schedules.get(id);
    if (!schedule) throw unknown(id);
    const asked = readPause(fields, this.#clock.now(), schedule.timeZone);
    const edit: Edit["edit"] = ({ paused }, now) => {
      if (!isOpen(paused, now)) return { paused: { by: actor, ...pausedAs(asked), at: now } };
      const pause: Pause = { by: actor, ...pausedAs(asked, paused), at: paused.at };
      return paused.reason === pause.reason && paused.until === pause.until ? undefined : { paused: pause };
    };
    return this.#change(id, actor, "paused", asked.reason ?? null, edit, { request });
  }

  /** Its own pause ends; what was due meanwhile is one range row and never runs. Nothing when it is not paused. */
  resume(id: string, reason: unknown, actor: string, request?: RequestRef): Promise<Schedule> {
    return this.#schedules.settler.change({ ...this.#resuming(id, readReason(reason), actor), request });
  }

  async wouldResume(id: string, actor: string): Promise<Effect> {
    return this.#schedules.effectOf(this.#resuming(id, null, actor));
  }

  /** The next `count` fires become skipped rows `asked`; 0 takes that back. Asked twice, it is the same fires. */
  skipNext(
    id: string,
    fields: { count?: unknown; reason?: unknown },
    actor: string,
    request?: RequestRef,
  ): Promise<Schedule> {
    const count = readSkipCount(fields.count);
    const reason = readReason(fields.reason);
    const edit: Edit["edit"] = (settled, now, spans) => {
      if (count === 0) return { skips: [] };
      const { startAt, maxRuns, runsCounted, firedThrough, skips } = settled;
      const from = Math.max(firedThrough, now, (startAt ?? 0) - 1);
      const usedUp = maxRuns !== null && runsCounted >= maxRuns;
      const fires = usedUp ? [] : freeFires(settled, from, count, spans);
      if (fires.length === 0) {
        const why = usedUp ? `: all of its ${maxRuns} runs are made (maxRuns)` : "";
        throw conflict("no_next_fire", `The schedule has no fire any more that could be skipped${why}.`);
      }
      const kept = (at: Instant) => skips.find((skip) => skip.at === at);
      return { skips: fires.map((at): AskedSkip => kept(at) ?? { at, by: actor, reason }) };
    };
    return this.#change(id, actor, "skip_next", reason, edit, { request });
  }

  /**
   * Its saved params no longer fit (R7): it does not fire until `release`. Held again, it keeps its first instant. 412 when
   * it is not at the revision `expected` any more, whose params were judged.
   */
  hold(
    id: string,
    why: { reason: string; errors: readonly FieldError[] },
    actor: string,
    expected: number | null = null,
  ): Promise<Schedule> {
    const edit: Edit["edit"] = ({ held }, now) => ({
      held: { by: held?.by ?? actor, at: held?.at ?? now, reason: why.reason, errors: [...why.errors] },
    });
    return this.#change(id, actor, "held", why.reason, edit, { expected });
  }

  /** Nothing when it is not held; 412 as for `hold`. */
  release(
    id: string,
    reason: string | null,
    actor: string,
    expected: number | null = null,
  ): Promise<Schedule> {
    return this.#change(id, actor, "released", reason, () => ({ held: null }), { expected });
  }

  /** A new schedule like this one, paused; 422 for each secret param that is not given again. */
  async copy(id: string, request: CopyRequest, actor: string): Promise<Schedule> {
    const original = await this.#schedules.get(id);
    if (!original) throw unknown(id);
    const { source, jobKey } = request.job ?? original;
    const { params: given, ...rest } = request.fields;
    const params = copiedParams(original, given, this.#schedules.jobOf(source, jobKey).secretParams ?? []);
    const fields = { ...fieldsWithout(original, rest), ...rest, params } as ScheduleFields;
    const pausedFor = `a copy of ${id}: resume it once it is as it should be`;
    return this.#schedules.create(
      { source, jobKey, fields, idempotency: request.idempotency, pausedFor },
      actor,
    );
  }

  #resuming(id: string, reason: string | null, actor: string): Edit {
    const edit = ({ paused }: Schedule, now: Instant) =>
      // One that has passed by itself ended without anybody.
      isOpen(paused, now) ? { paused: null, failuresSince: now } : undefined;
    return { id, expected: null, actor, action: "resumed", reason, edit };
  }

  #change(
    id: string,
    actor: string,
    action: Edit["action"],
    reason: string | null,
    edit: Edit["edit"],
    more: Partial<Pick<Edit, "expected" | "request">>,
  ): Promise<Schedule> {
    return this.#schedules.settler.change({ id, expected: null, actor, action, reason, edit, ...more });
  }
}

/** The saved params without their secrets, and with what the request gives. */
function copiedParams(
  original: Schedule,
  given: unknown,
  secrets: readonly string[],
): Record<string, unknown> {
  const asked = (given ?? {}) as Record<string, unknown>;
  const missing = Object.keys(original.params).filter((name) => secrets.includes(name) && !(name in asked));
  if (missing.length > 0) {
    throw invalid(
      missing.map((name) => ({
        pointer: `/params/${name}`,
        code: "required",
        message: "is secret and is not copied: give it again, or null to leave it out",
      })),
    );
  }
  const params = { ...original.params, ...asked };
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null));
}

/** The definition of the original as a request would say it, without what the request says itself. */
function fieldsWithout(original: Schedule, rest: Record<string, unknown>): Record<string, unknown> {
  const fields: Record<string, unknown> = fieldsOf(original);
  const when = ["cron", "every", "everyMs", "anchorAt", "at", "dst"];
  if (when.some((name) => (rest[name] ?? null) !== null)) for (const name of when) delete fields[name];
  for (const name of Object.keys(rest)) delete fields[`${name}Ms`];
  if (fields["name"]) fields["name"] = `${String(fields["name"]).slice(0, 120)} (copy)`;
  // It begins paused, and that is enough: switched off too it would need two steps to begin.
  delete fields["enabled"];
  return fields;
}
