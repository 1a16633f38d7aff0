// A small, honest ScheduleStore for unit tests of the service: one lock, copies in and out, the same alarms as a database.
import type {
  ActiveRun,
  Change,
  Plan,
  PlannedRow,
  RequestRef,
  Schedule,
  ScheduleFilter,
  ScheduleStore,
} from "../../src/schedules/schedule.ts";

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

  change(
    id: string,
    actor: string,
    decide: (schedule: Schedule, active: ActiveRun[]) => Change,
  ): Promise<Schedule | undefined> {
    return this.#locked(() => {
      const current = this.schedules.get(id);
      if (!current) return undefined;
      // "May be called again": a decision that counts on being the only one shows here.
      decide(structuredClone(current), this.#active(id));
      const change = decide(structuredClone(current), this.#active(id));
      this.#write(current, change.rows, change.cancel);
      if (change.schedule === null) this.#delete(id);
      else this.schedules.set(id, structuredClone(change.schedule));
      this.actors.push(actor);
      return structuredClone(change.schedule ?? undefined);
    });
  }

  settleDue(
    now: number,
    limit: number,
    decide: (schedule: Schedule, active: ActiveRun[]) => Plan,
  ): Promise<number> {
    return this.#locked(() => {
      const due = [...this.schedules.values()]
        .filter(({ enabled, nextFireAt }) => enabled && nextFireAt !== null && nextFireAt <= now)
        .sort((a, b) => a.nextFireAt! - b.nextFireAt!)
        .slice(0, limit);
      for (const schedule of due) {
        const { rows, cancel, firedThrough, nextFireAt, runsCounted } = decide(
          structuredClone(schedule),
          this.#active(schedule.id),
        );
        this.#write(schedule, rows, cancel);
        this.schedules.set(schedule.id, { ...schedule, firedThrough, nextFireAt, runsCounted });
      }
      return due.length;
    });
  }

  rowsOf(scheduleId: string): StoredRow[] {
    return this.rows.filter((row) => row.scheduleId === scheduleId);
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
