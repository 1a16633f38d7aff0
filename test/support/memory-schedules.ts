// Schedules in memory: a double of the port below the real service over schedules.
import type {
  ActiveRun,
  Change,
  Schedule,
  ScheduleFilter,
  ScheduleStore,
} from "../../src/schedules/schedule.ts";

export class MemoryScheduleStore implements ScheduleStore {
  readonly rows: Schedule[] = [];
  /** Who made or changed a schedule, in order. */
  readonly actors: string[] = [];

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

  async change(
    id: string,
    actor: string,
    decide: (schedule: Schedule, active: ActiveRun[]) => Change,
  ): Promise<Schedule | undefined> {
    const index = this.rows.findIndex((row) => row.id === id);
    if (index < 0) return undefined;
    const { schedule } = decide({ ...this.rows[index]! }, []);
    this.rows.splice(index, 1, ...(schedule ? [schedule] : []));
    this.actors.push(actor);
    return schedule ?? undefined;
  }

  settleDue(): Promise<number> {
    return Promise.resolve(0);
  }
}
