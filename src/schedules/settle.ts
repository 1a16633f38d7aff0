// What a schedule owes up to now when it was suspended at times: free stretches planned, each suspension one range row.
import type { Instant } from "../clock.ts";
import { describeRun } from "./plan-words.ts";
import { nextFireOf, plan, planSuspended } from "./plan.ts";
import type { ActiveRun, Plan, PlannedRow, Schedule } from "./schedule.ts";
import { type Suspension, suspensionAt } from "./suspension.ts";

/** What decides beside the schedule itself. */
export interface Settling {
  now: Instant;
  active: readonly ActiveRun[];
  /** Everything that suspends it at some time after its cursor. */
  spans: readonly Suspension[];
  /** Since when fires have been looked for without a gap. */
  upSince?: Instant;
}

/**
 * Every fire since the cursor in exactly one row, save those of a suspension that goes on: the cursor waits for its end,
 * and the next look is at the instant at which it passes by itself. Pure.
 */
export function settle(schedule: Schedule, settling: Settling): Plan {
  const { now, active, spans, upSince } = settling;
  // Nothing is suspended, and nothing was: nearly every schedule at nearly every time.
  if (spans.length === 0 && schedule.suspended === null && schedule.enabled)
    return { ...plan(schedule, now, active, { upSince }), suspended: null };
  if (now < schedule.firedThrough) return standingStill(schedule, spans, now);
  return new Walk(schedule, settling).toNow();
}

/** Closes the suspension that it is in at `through`, whatever goes on: one range row, and the cursor behind it. */
export function closeSuspension(schedule: Schedule, suspended: Suspension, through: Instant): Plan {
  const { reason, cause } = suspended;
  return { ...planSuspended(schedule, through, reason, cause), suspended: null };
}

/** When a schedule in this suspension is to be looked at again. */
export function wakeOf(schedule: Schedule, span: Suspension | undefined): Instant | null {
  return span ? span.until : nextFireOf(schedule);
}

/** The clock is behind the cursor: nothing is owed, and what suspends it stays what it is (S6). */
function standingStill(schedule: Schedule, spans: readonly Suspension[], now: Instant): Plan {
  const { firedThrough, runsCounted, suspended } = schedule;
  const open = suspended ? spanOf(schedule, spans, now) : undefined;
  const nextFireAt = wakeOf(schedule, open);
  return { rows: [], firedThrough, nextFireAt, runsCounted, cancel: [], suspended };
}

/** The stretch of the suspension that its row says it is in; over now when nothing says it goes on. */
export function spanOf(
  schedule: Schedule,
  spans: readonly Suspension[],
  now: Instant,
): Suspension | undefined {
  const { suspended } = schedule;
  if (!suspended) return undefined;
  return spans.find(({ key }) => key === suspended.key) ?? { ...suspended, until: now };
}

/** From the cursor to now, stretch by stretch. */
class Walk {
  #at: Schedule;
  readonly #settling: Settling;
  readonly #rows: PlannedRow[] = [];
  readonly #cancel: string[] = [];

  constructor(schedule: Schedule, settling: Settling) {
    this.#at = schedule;
    this.#settling = settling;
  }

  toNow(): Plan {
    const { now, spans } = this.#settling;
    let span = spanOf(this.#at, spans, now) ?? suspensionAt(spans, this.#at.firedThrough, null);
    for (;;) {
      if (span) {
        if (span.until === null || span.until > now) return this.#suspendedIn(span);
        // A pause until two lets the fire of two through.
        this.#take(planSuspended(this.#at, span.until - 1, span.reason, span.cause));
        span = suspensionAt(spans, this.#at.firedThrough, null);
        continue;
      }
      const next = this.#nextSpan();
      const through = next ? next.from : now;
      const { upSince } = this.#settling;
      this.#take(plan({ ...this.#at, enabled: true }, now, this.#present(), { through, upSince }));
      if (!next) return this.#plan(nextFireOf(this.#at), null);
      span = next;
    }
  }

  /** The first suspension that begins after the cursor and not after now. */
  #nextSpan(): Suspension | undefined {
    const { firedThrough } = this.#at;
    const { now, spans } = this.#settling;
    return spans
      .filter(({ from, until }) => from > firedThrough && from <= now && (until === null || until > from + 1))
      .sort((a, b) => a.from - b.from)[0];
  }

  #take({ rows, cancel, firedThrough, runsCounted }: Plan): void {
    this.#rows.push(...rows);
    this.#cancel.push(...cancel.filter((id) => id !== ""));
    this.#at = { ...this.#at, firedThrough: Math.max(firedThrough, this.#at.firedThrough), runsCounted };
  }

  /** What the fires of a stretch meet: runs of the database, and those planned for the stretches before it. */
  #present(): ActiveRun[] {
    const planned = this.#rows.filter(({ outcome }) => outcome === "run").map(describeRun);
    return [...this.#settling.active, ...planned];
  }

  #suspendedIn({ until, ...suspended }: Suspension): Plan {
    return this.#plan(until, suspended);
  }

  #plan(nextFireAt: Instant | null, suspended: Plan["suspended"]): Plan {
    const { firedThrough, runsCounted } = this.#at;
    return { rows: this.#rows, firedThrough, nextFireAt, runsCounted, cancel: this.#cancel, suspended };
  }
}
