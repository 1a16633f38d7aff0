// Schedules in memory: a double of the port below the real service over schedules.
import type {
  Change,
  Decide,
  Schedule,
  ScheduleChoice,
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
    const sign = filter.order === "newest" ? -1 : 1;
    const compare = (a: string, b: string) => (a < b ? -sign : sign);
    const found = this.#chosen(filter)
      .filter(
        ({ id }) => filter.after === undefined || (id !== filter.after && compare(id, filter.after) > 0),
      )
      .sort((a, b) => compare(a.id, b.id));
    return Promise.resolve(found.slice(0, filter.limit));
  }

  count(choice: ScheduleChoice, cap: number): Promise<{ count: number; capped: boolean }> {
    const { length } = this.#chosen(choice);
    return Promise.resolve({ count: Math.min(length, cap), capped: length > cap });
  }

  #chosen(choice: ScheduleChoice): Schedule[] {
    return this.rows.filter(({ source, jobKey }) => {
      const address = `${source}:${jobKey}`;
      return (
        (choice.source ?? source) === source &&
        (choice.jobKey ?? jobKey) === jobKey &&
        (choice.sources?.includes(source) ?? true) &&
        (choice.jobs?.includes(address) ?? true) &&
        !choice.notSources?.includes(source) &&
        !choice.notJobs?.includes(address)
      );
    });
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
