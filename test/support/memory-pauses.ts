// Pauses of jobs, sources and everything in memory: the part of a ScheduleStore that both doubles share.
import type { PauseScope, ScopedPause } from "../../src/schedules/suspension.ts";

export class MemoryPauses {
  readonly rows: ScopedPause[] = [];

  open(): ScopedPause[] {
    return structuredClone(this.rows.filter(({ endedAt }) => endedAt === null));
  }

  ended(limit: number): ScopedPause[] {
    const over = this.rows.filter(({ endedAt }) => endedAt !== null);
    return structuredClone(over.sort((a, b) => b.endedAt! - a.endedAt!).slice(0, limit));
  }

  change(
    scope: PauseScope,
    decide: (open: ScopedPause | undefined) => ScopedPause | undefined,
  ): ScopedPause | undefined {
    const next = decide(this.open().find((pause) => sameScope(pause.scope, scope)));
    if (!next) return undefined;
    const index = this.rows.findIndex(({ id }) => id === next.id);
    this.rows.splice(index < 0 ? this.rows.length : index, index < 0 ? 0 : 1, structuredClone(next));
    return next;
  }

  closePassed(now: number): void {
    for (const pause of this.rows)
      if (pause.endedAt === null && pause.until !== null && pause.until <= now) pause.endedAt = pause.until;
  }
}

function sameScope(a: PauseScope, b: PauseScope): boolean {
  return JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
}
