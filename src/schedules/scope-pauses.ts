// Pauses of more than one schedule: of a job, of a source, of everything. They cover schedules that are made later too.
import { setImmediate as turn } from "node:timers/promises";
import type { Instant } from "../clock.ts";
import { newId } from "../ids.ts";
import { pausedAs, type PauseFields, readPause, readReason } from "./control-input.ts";
import { addEffects, type Effect, effectOf, NO_EFFECT } from "./effect.ts";
import { describe } from "./describe.ts";
import type { Plan, RequestRef, Schedule, ScheduleStore } from "./schedule.ts";
import { settle } from "./settle.ts";
import type { Settler } from "./settler.ts";
import { covers, type PauseScope, type ScopedPause, type Suspension, suspensionsOf } from "./suspension.ts";

/** Schedules that are looked at together when somebody asks what a resume would do. */
const PAGE = 500;
/** Of these, those that are settled before others have their turn: a long pause makes it some milliseconds each. */
const AT_ONCE = 5;

export class ScopePauses {
  readonly #store: ScheduleStore;
  readonly #settler: Settler;
  readonly #clock: { now(): Instant };
  readonly #timeZone: string;

  /** `timeZone`: the service's own, whose clock the `until` of a pause means. */
  constructor(store: ScheduleStore, settler: Settler, clock: { now(): Instant }, timeZone: string) {
    this.#store = store;
    this.#settler = settler;
    this.#clock = clock;
    this.#timeZone = timeZone;
  }

  /** Those in force, the oldest first. */
  async open(): Promise<ScopedPause[]> {
    const now = this.#clock.now();
    return (await this.#store.openPauses()).filter(({ until }) => until === null || until > now);
  }

  /** The pause of exactly this scope, if it is in force. */
  async of(scope: PauseScope): Promise<ScopedPause | undefined> {
    return (await this.open()).find((pause) => sameScope(pause.scope, scope));
  }

  /**
   * Holds for every fire after the answer (and for none before it): a schedule learns of it when it is due. A scope that
   * is paused already gets the new reason or end.
   */
  async pause(
    scope: PauseScope,
    fields: PauseFields,
    actor: string,
    request?: RequestRef,
  ): Promise<ScopedPause> {
    const asked = readPause(fields, this.#clock.now(), this.#timeZone);
    await this.#store.closePassedPauses(this.#clock.now());
    let changed = false;
    const decide = (open: ScopedPause | undefined): ScopedPause => {
      const at = this.#clock.now();
      const pause = pausedAs(asked, open);
      changed = open !== undefined && open.until !== pause.until;
      if (open) return { ...open, ...pause, by: actor };
      return {
        id: newId("pau", at),
        scope,
        by: actor,
        ...pause,
        at,
        endedAt: null,
        endedBy: null,
        endedReason: null,
      };
    };
    const pause = await this.#store.changePause(scope, decide, request);
    // Schedules that wait in it for its end are to be looked at at another instant now.
    if (changed) await this.#settler.suspended(pause!.id);
    return pause!;
  }

  /** The newest of those that are over, the last that ended first: who resumed, when and why. */
  ended(limit: number): Promise<ScopedPause[]> {
    return this.#store.endedPauses(limit);
  }

  /**
   * Ends it, and gives each schedule that it cost a fire its range row. Undefined when the scope is not paused; 422 for a
   * reason that is none.
   */
  async resume(
    scope: PauseScope,
    reason: unknown,
    actor: string,
    request?: RequestRef,
  ): Promise<ScopedPause | undefined> {
    const endedReason = readReason(reason);
    await this.#store.closePassedPauses(this.#clock.now());
    const ended = await this.#store.changePause(
      scope,
      (open) => open && { ...open, endedAt: this.#clock.now(), endedBy: actor, endedReason },
      request,
    );
    await this.#settler.suspended();
    return ended;
  }

  /** What a pause would do now: nothing of what is owed changes, and nothing comes until it ends. */
  async wouldPause(scope: PauseScope): Promise<{ effect: Effect; schedules: number }> {
    let schedules = 0;
    for await (const page of this.#pages(scope)) schedules += page.length;
    return { effect: NO_EFFECT, schedules };
  }

  /** What a resume would do now to the schedules of the scope. */
  async wouldResume(scope: PauseScope): Promise<{ effect: Effect; schedules: number }> {
    const pause = await this.of(scope);
    let [effect, schedules, settled] = [NO_EFFECT, 0, 0];
    if (!pause) return { effect, schedules };
    const now = this.#clock.now();
    const others = (await this.open()).filter(({ id }) => id !== pause.id);
    const ended = [...others, { ...pause, endedAt: now }];
    for await (const page of this.#pages(scope)) {
      for (const schedule of page) {
        schedules++;
        const unavailable = this.#settler.unavailable(schedule);
        const spans = suspensionsOf(schedule, ended, unavailable, now);
        const isIn = schedule.suspended?.key === pause.id;
        effect = addEffects(effect, wouldSettle(schedule, now, spans, isIn));
        if (isIn && ++settled % AT_ONCE === 0) await turn();
      }
    }
    return { effect, schedules };
  }

  async *#pages(scope: PauseScope): AsyncGenerator<Schedule[]> {
    for (let after: string | undefined; ;) {
      const page = await this.#store.list({ ...filterOf(scope), limit: PAGE, after });
      yield page;
      if (page.length < PAGE) return;
      after = page.at(-1)!.id;
    }
  }
}

/** Only one that the pause has cost a fire owes something for it; each has a next fire. */
function wouldSettle(schedule: Schedule, now: Instant, spans: readonly Suspension[], isIn: boolean): Effect {
  const settled = isIn ? settle(schedule, { now, active: [], spans }) : undefined;
  const after = settled ? { ...schedule, ...afterwards(settled) } : schedule;
  const [next] = describe(after, spans, now, 1).nextFires;
  return effectOf({ rows: settled?.rows ?? [] }, next?.at ?? null);
}

function afterwards({ firedThrough, runsCounted, suspended = null }: Plan) {
  return { firedThrough, runsCounted, suspended };
}

function filterOf(scope: PauseScope): { source?: string; jobKey?: string } {
  if (scope.kind === "all") return {};
  return scope.kind === "source" ? { source: scope.source } : { source: scope.source, jobKey: scope.jobKey };
}

function sameScope(a: PauseScope, b: PauseScope): boolean {
  if (a.kind !== b.kind) return false;
  if (b.kind === "all") return true;
  return covers(a, b.source, "jobKey" in b ? b.jobKey : "");
}
