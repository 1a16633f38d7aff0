// Schedules in memory: a double of the port below the real service over schedules.
import type {
  Change,
  Decide,
  Schedule,
  ScheduleFilter,
  ScheduleStore,
} from "../../src/schedules/schedule.ts";
import type { PauseScope, ScopedPause } from "../../src/schedules/suspension.ts";
import { MemoryPauses } from "./memory-pauses.ts";

export class MemoryScheduleStore implements ScheduleStore {
  readonly rows: Schedule[] = [];
  /** Who made or changed a schedule, in order. */
  readonly actors: string[] = [];
  readonly pauses = new MemoryPauses();

  insert(schedule: Schedule, actor: string): Promise<void> {
    this.rows.push(schedule);
    this.actors.push(actor);
    return Promise.resolve();
  }

  byId(id: string): Promise<Schedule | undefined> {
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

  async change(id: string, actor: string, decide: Decide<Change>): Promise<Schedule | undefined> {
    const index = this.rows.findIndex((row) => row.id === id);
    if (index < 0) return undefined;
    const before = this.rows[index]!;
    const { schedule } = decide({ ...before }, [], { pauses: this.pauses.rows, ended: [] });
    this.rows.splice(index, 1, ...(schedule ? [schedule] : []));
    if (schedule?.revision !== before.revision) this.actors.push(actor);
    return schedule ?? undefined;
  }

  settleDue(): Promise<number> {
    return Promise.resolve(0);
  }

  inSuspension(): Promise<Schedule[]> {
    return Promise.resolve([]);
  }

  settleSuspended(): Promise<void> {
    return Promise.resolve();
  }

  suspensionKeys(): Promise<string[]> {
    return Promise.resolve([]);
  }

  async openPauses(): Promise<ScopedPause[]> {
    return this.pauses.open();
  }

  async endedPauses(limit: number): Promise<ScopedPause[]> {
    return this.pauses.ended(limit);
  }

  async changePause(
    scope: PauseScope,
    decide: (open: ScopedPause | undefined) => ScopedPause | undefined,
  ): Promise<ScopedPause | undefined> {
    return this.pauses.change(scope, decide);
  }

  async closePassedPauses(now: number): Promise<void> {
    this.pauses.closePassed(now);
  }
}
