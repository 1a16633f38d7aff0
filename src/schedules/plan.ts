// What a schedule owes up to now: pure decisions about every fire since its cursor.
import type { Instant } from "../clock.ts";
import { calendarOf } from "./calendar.ts";
import { type CaughtUp, catchUp } from "./catch-up.ts";
import { jitterOf } from "./jitter.ts";
import { type Owed, owedFires } from "./owed.ts";
import { decideOverlap, type Present } from "./overlap.ts";
import { describeRun, replacedCause } from "./plan-words.ts";
import { rangeRow, runRow, skipRow } from "./rows.ts";
import type { ActiveRun, Plan, PlannedRow, Schedule, SkippedReason } from "./schedule.ts";

/**
 * A fire found at most this late counts as on time; only a later one is the catch-up policy's. A healthy service finds a
 * fire within 1.5 s (the ticker's second and S4's half second for 10,000 rows), and one whose event loop stalls for 5 s,
 * or that waits for a database to fail over, has not been down: twice that leaves room for a lock or two. A restart
 * takes longer than people call punctual, so it is left to the policy.
 */
export const ON_TIME_MS = 10_000;

/**
 * Every fire in (firedThrough, now] in exactly one row, and the cursor and next fire after them (S1, S6, S9, S10).
 * Pure; with one fire due it takes two calendar steps. A schedule that is switched off owes one range row `disabled`.
 */
export function plan(schedule: Schedule, now: Instant, active: readonly ActiveRun[]): Plan {
  if (!schedule.enabled)
    return planSuspended(schedule, now, "disabled", "skipped: the schedule was switched off");
  if (now < schedule.firedThrough) return standingStill(schedule);
  const owed = owedFires(schedule, now);
  const left = runsLeft(schedule);
  const work = new Planning(schedule, now, active, left);
  if (left === 0) work.skipAll(owed, "limit", usedUp(schedule));
  else if (owed.fires.length > 0) work.take(owed);
  return finished(schedule, now, work);
}

/** All fires since the cursor in one range row: what a suspension (paused, held, …) owes when it ends (S7). */
export function planSuspended(schedule: Schedule, now: Instant, reason: SkippedReason, cause: string): Plan {
  if (now < schedule.firedThrough) return standingStill(schedule);
  const work = new Planning(schedule, now, [], Infinity);
  work.skipAll(owedFires(schedule, now), reason, cause);
  return finished(schedule, now, work);
}

/** The next fire that a schedule is to be woken for, after its cursor; null when it is off, used up or over. */
export function nextFireOf(schedule: Schedule): Instant | null {
  if (!schedule.enabled || runsLeft(schedule) === 0) return null;
  const after = Math.max(schedule.firedThrough, (schedule.startAt ?? 0) - 1);
  const next = calendarOf(schedule.when).nextAfter(after);
  return next === null || next > (schedule.endAt ?? Infinity) ? null : next;
}

/** The clock is behind the cursor: whatever it shows has its row already (S6). */
function standingStill(schedule: Schedule): Plan {
  const { firedThrough, runsCounted } = schedule;
  return { rows: [], firedThrough, nextFireAt: nextFireOf(schedule), runsCounted, cancel: [] };
}

function finished(schedule: Schedule, now: Instant, work: Planning): Plan {
  const runsCounted = schedule.runsCounted + work.planned;
  const nextFireAt = nextFireOf({ ...schedule, firedThrough: now, runsCounted });
  return { rows: work.rows(nextFireAt), firedThrough: now, nextFireAt, runsCounted, cancel: work.cancel };
}

function runsLeft(schedule: Schedule): number {
  return schedule.maxRuns === null ? Infinity : Math.max(0, schedule.maxRuns - schedule.runsCounted);
}

function usedUp(schedule: Schedule): string {
  return `skipped: the schedule has made all of its ${schedule.maxRuns} runs (maxRuns)`;
}

/** One plan while it is made: rows so far, and the runs that a next fire would meet. */
class Planning {
  readonly cancel: string[] = [];
  readonly #rows: PlannedRow[] = [];
  readonly #present: Present[];
  /** Fires that came when no run was left; one range row at the end. */
  readonly #beyond: Instant[] = [];

  constructor(
    readonly schedule: Schedule,
    readonly now: Instant,
    active: readonly ActiveRun[],
    readonly left: number,
  ) {
    this.#present = active.map((run) => ({ run, row: null }));
  }

  /** Rows that will run. */
  get planned(): number {
    return this.#rows.reduce((count, row) => count + (row.outcome === "run" ? 1 : 0), 0);
  }

  skipAll(owed: Owed, reason: SkippedReason, cause: string): void {
    const row = rangeRow(owed.older, owed.fires, reason, cause);
    if (row) this.#rows.push(row);
  }

  take(owed: Owed): void {
    const punctual = owed.fires.findIndex((fire) => this.now - fire <= ON_TIME_MS);
    const late = punctual === -1 ? owed.fires : owed.fires.slice(0, punctual);
    let onTime = punctual === -1 ? [] : owed.fires.slice(punctual);
    if (late.length > 0) {
      const caught = catchUp(this.schedule, this.now, { older: owed.older, late, onTime });
      this.#rows.push(...caught.skipped);
      this.#catchUp(caught);
      onTime = caught.onTime;
    }
    for (const fire of onTime) this.#onTime(fire);
    if (this.#beyond.length > 0) {
      this.skipAll({ older: null, fires: this.#beyond }, "limit", usedUp(this.schedule));
    }
  }

  /** All rows in the order of their instants, with the local times that a gap swallowed told among them. */
  rows(nextFireAt: Instant | null): PlannedRow[] {
    this.#tellLost();
    this.#rows.sort((a, b) => a.fireAt - b.fireAt);
    this.#rows.forEach((row, index) => {
      if (row.outcome !== "run") return;
      const following = this.#rows[index + 1]?.fireAt ?? nextFireAt ?? Infinity;
      const due = row.fireAt + Math.min(jitterOf(this.schedule), following - row.fireAt - 1);
      row.availableAt = Math.max(row.availableAt, due);
    });
    return this.#rows;
  }

  /** Runs that the catch-up policy grants wait for their turn, whatever is active: skipping them would lose them. */
  #catchUp(caught: CaughtUp): void {
    for (const { fireAt, availableAt, cause, missed } of caught.runs) {
      if (this.planned >= this.left) this.#beyond.push(fireAt);
      else {
        if (this.schedule.overlap === "cancel_other") this.#replaceAll(fireAt);
        this.#run({ ...runRow(fireAt), availableAt, cause, missed });
      }
    }
  }

  #onTime(fireAt: Instant): void {
    if (this.planned >= this.left) {
      this.#beyond.push(fireAt);
      return;
    }
    const decision = decideOverlap(this.schedule, fireAt, this.#present);
    if (decision.kind === "skip") this.#rows.push(skipRow(fireAt, decision.reason, decision.cause));
    else {
      if (decision.kind === "replace") this.#replaceAll(fireAt);
      this.#run(runRow(fireAt));
    }
  }

  #run(row: PlannedRow): void {
    this.#rows.push(row);
    this.#present.push({ run: describeRun(row), row });
  }

  /** Active runs are to be cancelled; a run planned a moment ago has no id yet and never becomes one. */
  #replaceAll(fireAt: Instant): void {
    for (const { run, row } of this.#present.splice(0)) {
      if (row === null) this.cancel.push(run.id);
      else
        Object.assign(row, skipRow(row.fireAt, "overlap", replacedCause(this.schedule, row.fireAt, fireAt)));
    }
  }

  /** S3: also a local time that did not exist is answered by a row, at the instant at which the gap ended. */
  #tellLost(): void {
    const { when, startAt, endAt, firedThrough, enabled } = this.schedule;
    if (when.kind !== "cron" || when.gap !== "skip" || !enabled) return;
    const from = Math.max(firedThrough, (startAt ?? 0) - 1, this.now - 400 * 86_400_000);
    for (const { at, local } of calendarOf(when).lostIn(from, Math.min(this.now, endAt ?? Infinity))) {
      if (this.#rows.some((row) => row.fireAt <= at && at <= (row.fireThrough ?? row.fireAt))) continue;
      const cause = `skipped: ${local} does not exist in ${when.timeZone}, where clocks went forward (dst.gap skip)`;
      this.#rows.push(skipRow(at, "dst_gap", cause));
    }
  }
}
