// The history of schedules in memory, as far as the face needs it: one revision each, and the rows that a test keeps.
import type { FireRow, ScheduleHistory } from "../../src/schedules/history.ts";
import type { Schedule } from "../../src/schedules/schedule.ts";
import type { ScopedPause } from "../../src/schedules/suspension.ts";

export class MemoryHistory implements ScheduleHistory {
  readonly rows: (FireRow & { scheduleId: string })[] = [];
  readonly #schedules: readonly Schedule[];

  constructor(schedules: readonly Schedule[]) {
    this.#schedules = schedules;
  }

  revisionsAt(id: string, at: number) {
    const schedule = this.#schedules.find((one) => one.id === id);
    if (!schedule) return Promise.resolve(undefined);
    const revision = {
      revision: schedule.revision,
      from: schedule.createdAt,
      actor: "token:editor",
      action: "created" as const,
      reason: null,
      schedule,
    };
    return Promise.resolve({
      first: revision,
      holding: at > revision.from ? revision : undefined,
      last: revision,
      earlier: [],
      later: at > revision.from ? [] : [revision],
    });
  }

  rowBefore(id: string, at: number): Promise<FireRow | undefined> {
    return Promise.resolve(
      this.rows.filter(({ scheduleId, fireAt }) => scheduleId === id && fireAt <= at).at(-1),
    );
  }

  backfillOf(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  pausesAt(): Promise<ScopedPause[]> {
    return Promise.resolve([]);
  }
}
