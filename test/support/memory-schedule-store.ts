// A small, honest ScheduleStore for unit tests of the service: one lock, copies in and out, the same alarms as a database.
import type {
  ActiveRun,
  Change,
  Decide,
  EndedRun,
  Plan,
  PlannedRow,
  RequestRef,
  Schedule,
  ScheduleFilter,
  ScheduleStore,
  SettleFacts,
} from "../../src/schedules/schedule.ts";
import type { PauseScope, ScopedPause } from "../../src/schedules/suspension.ts";
import { MemoryPauses } from "./memory-pauses.ts";

/** A row as it was written, with what became of it. */
export interface StoredRow extends PlannedRow {
  id: string;
  scheduleId: string;
  revision: number;
  state: "queued" | "running" | "retrying" | "ended" | "cancelled" | "skipped";
}

export class MemoryScheduleStore implements ScheduleStore {
  readonly schedules = new Map<string, Schedule>();
  readonly rows: StoredRow[] = [];
  readonly actors: string[] = [];
  readonly requests: RequestRef[] = [];
  /** What the revisions after the first did. */
  readonly actions: string[] = [];
  /** The same with their reasons. */
  readonly changes: Pick<Change, "action" | "reason">[] = [];
  readonly pauses = new MemoryPauses();
  /** The newest runs that ended, by schedule; a test fills them in. */
  readonly ended = new Map<string, EndedRun[]>();
  #lock: Promise<unknown> = Promise.resolve();

  insert(schedule: Schedule, actor: string, request?: RequestRef): Promise<void> {
    return this.#locked(() => {
      this.schedules.set(schedule.id, structuredClone(schedule));
      this.actors.push(actor);
      if (request) this.requests.push(request);
    });
  }

  byId(id: string): Promise<Schedule | undefined> {
    return this.#locked(() => structuredClone(this.schedules.get(id)));
  }

  list(filter: ScheduleFilter): Promise<Schedule[]> {
    return this.#locked(() => {
      const found = [...this.schedules.values()].filter(
        (schedule) =>
          (filter.source === undefined || filter.source === schedule.source) &&
          (filter.jobKey === undefined || filter.jobKey === schedule.jobKey) &&
          (filter.after === undefined || schedule.id > filter.after),
      );
      found.sort((a, b) => (a.id < b.id ? -1 : 1));
      return structuredClone(found.slice(0, filter.limit));
    });
  }

  count(): Promise<{ count: number; capped: boolean }> {
    return Promise.resolve({ count: this.schedules.size, capped: false });
  }

  change(id: string, actor: string, decide: Decide<Change>): Promise<Schedule | undefined> {
    return this.#locked(() => {
      const current = this.schedules.get(id);
      if (!current) return undefined;
      // "May be called again": a decision that counts on being the only one shows here.
      decide(structuredClone(current), this.#active(id), this.#facts(id));
      const change = decide(structuredClone(current), this.#active(id), this.#facts(id));
      this.#write(current, change.rows, change.cancel);
      if (change.schedule?.revision !== current.revision) {
        this.actions.push(change.action ?? "edited");
        this.changes.push({ action: change.action, reason: change.reason });
        this.actors.push(actor);
      }
      if (change.schedule === null) this.#delete(id);
      else this.schedules.set(id, structuredClone(change.schedule));
      return structuredClone(change.schedule ?? undefined);
    });
  }

  settleDue(now: number, limit: number, decide: Decide<Plan>): Promise<number> {
    return this.#locked(() => {
      const due = [...this.schedules.values()]
        .filter(({ enabled, nextFireAt }) => enabled && nextFireAt !== null && nextFireAt <= now)
        .sort((a, b) => a.nextFireAt! - b.nextFireAt!)
        .slice(0, limit);
      for (const schedule of due) this.#settle(schedule, decide);
      return due.length;
    });
  }

  inSuspension(key: string, after: string, limit: number): Promise<Schedule[]> {
    return this.#locked(() =>
      [...this.schedules.values()]
        .filter(({ id, suspended }) => suspended?.key === key && id > after)
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, limit)
        .map((schedule) => structuredClone(schedule)),
    );
  }

  settleSuspended(read: readonly Schedule[], _now: number, decide: Decide<Plan | undefined>): Promise<void> {
    return this.#locked(() => {
      for (const schedule of read) this.#settle(schedule, decide);
    });
  }

  suspensionKeys(): Promise<string[]> {
    return this.#locked(() => [
      ...new Set([...this.schedules.values()].flatMap(({ suspended }) => suspended?.key ?? [])),
    ]);
  }

  openPauses(): Promise<ScopedPause[]> {
    return this.#locked(() => this.pauses.open());
  }

  endedPauses(limit: number): Promise<ScopedPause[]> {
    return this.#locked(() => this.pauses.ended(limit));
  }

  changePause(
    scope: PauseScope,
    decide: (open: ScopedPause | undefined) => ScopedPause | undefined,
  ): Promise<ScopedPause | undefined> {
    return this.#locked(() => this.pauses.change(scope, decide));
  }

  closePassedPauses(now: number): Promise<void> {
    return this.#locked(() => this.pauses.closePassed(now));
  }

  rowsOf(scheduleId: string): StoredRow[] {
    return this.rows.filter((row) => row.scheduleId === scheduleId);
  }

  #settle(schedule: Schedule, decide: Decide<Plan | undefined>): void {
    const { id } = schedule;
    const plan = decide(structuredClone(schedule), this.#active(id), this.#facts(id));
    if (!plan) return;
    const { rows, cancel, firedThrough, nextFireAt, runsCounted, pause } = plan;
    const suspended = plan.suspended === undefined ? schedule.suspended : plan.suspended;
    this.#write(schedule, rows, cancel);
    const settled = { ...schedule, firedThrough, nextFireAt, runsCounted, suspended };
    if (pause) Object.assign(settled, { paused: pause, revision: schedule.revision + 1 });
    this.schedules.set(id, structuredClone(settled));
  }

  #facts(id: string): SettleFacts {
    return { pauses: structuredClone(this.pauses.rows), ended: this.ended.get(id) ?? [] };
  }

  #delete(id: string): void {
    this.schedules.delete(id);
    for (const row of this.rowsOf(id)) {
      if (row.state === "queued" || row.state === "retrying") row.state = "cancelled";
    }
  }

  #active(scheduleId: string): ActiveRun[] {
    return this.rowsOf(scheduleId).flatMap(({ id, state, fireAt }) =>
      state === "queued" || state === "running" || state === "retrying" ? [{ id, state, fireAt }] : [],
    );
  }

  #write(schedule: Schedule, rows: readonly PlannedRow[], cancel: readonly string[]): void {
    for (const row of rows) {
      if (this.rowsOf(schedule.id).some(({ fireAt }) => fireAt === row.fireAt)) {
        throw new Error(`unique(schedule_id, fire_at): ${schedule.id} ${new Date(row.fireAt).toISOString()}`);
      }
      this.rows.push({
        ...structuredClone(row),
        id: `run_${this.rows.length + 1}`,
        scheduleId: schedule.id,
        revision: schedule.revision,
        state: row.outcome === "run" ? "queued" : "skipped",
      });
    }
    for (const row of this.rows) if (cancel.includes(row.id)) row.state = "cancelled";
  }

  #locked<T>(work: () => T): Promise<T> {
    const done = this.#lock.then(work);
    this.#lock = done.catch(() => undefined);
    return done;
  }
}
