// What a schedule owes up to now: pure decisions about every fire since its cursor.
import type { Instant } from "../clock.ts";
import { type Calendar, calendarOf } from "./calendar.ts";
import { type CaughtUp, catchUp } from "./catch-up.ts";
import { jitterOf } from "./jitter.ts";
import { enumerateFrom, type Owed, owedFires } from "./owed.ts";
import { decideOverlap, type Present, roomOf } from "./overlap.ts";
import { askedCause, describeRun, replacedCause } from "./plan-words.ts";
import { rangeRow, runRow, skipRow, splitRange } from "./rows.ts";
import type { ActiveRun, AskedSkip, Plan, PlannedRow, Schedule, SkippedReason } from "./schedule.ts";

/**
 * A fire found at most this late counts as on time, if somebody was there to find it all the while; only another one is
 * the catch-up policy's. A healthy service finds a fire within 1.5 s (the ticker's second and S4's half second for 10,000
 * rows), and one whose event loop stalls for 5 s, or that waits for a database to fail over, has not been down: twice
 * that leaves room for a lock or two. After a restart, however quick, what was due before it was missed.
 */
export const ON_TIME_MS = 10_000;

export interface PlanOptions {
  /** Fires after it are left for another plan; now unless given. */
  through?: Instant;
  /** Since when fires have been looked for without a gap; earlier ones are late however quickly they are found. */
  upSince?: Instant;
}

/**
 * Every fire in (firedThrough, through] in exactly one row, and the cursor and next fire after them (S1, S6, S9, S10).
 * Pure; with one fire due it takes two calendar steps. A schedule that is switched off owes one range row `disabled`.
 */
export function plan(
  schedule: Schedule,
  now: Instant,
  active: readonly ActiveRun[],
  { through = now, upSince = -Infinity }: PlanOptions = {},
): Plan {
  if (!schedule.enabled)
    return planSuspended(schedule, through, "disabled", "skipped: the schedule was switched off");
  if (through < schedule.firedThrough) return standingStill(schedule);
  const calendar = calendarOf(schedule.when);
  const owed = owedFires(schedule, calendar, through);
  const left = runsLeft(schedule, schedule.runsCounted);
  const work = new Planning(schedule, calendar, now, active, left, through, upSince);
  if (left === 0) work.skipAll(owed, "limit", usedUp(schedule));
  else if (owed.fires.length > 0) work.take(owed);
  return finished(schedule, through, work);
}

/** All fires since the cursor in one range row: what a suspension (paused, held, …) owes when it ends (S7). */
export function planSuspended(
  schedule: Schedule,
  through: Instant,
  reason: SkippedReason,
  cause: string,
): Plan {
  if (through < schedule.firedThrough) return standingStill(schedule);
  const calendar = calendarOf(schedule.when);
  const work = new Planning(schedule, calendar, through, [], Infinity, through, -Infinity);
  work.skipAll(owedFires(schedule, calendar, through), reason, cause);
  return finished(schedule, through, work);
}

/** The next fire that a schedule is to be woken for, after its cursor; null when it is off, used up or over. */
export function nextFireOf(schedule: Schedule): Instant | null {
  return nextFire(schedule, calendarOf(schedule.when), schedule.firedThrough, schedule.runsCounted);
}

function nextFire(
  schedule: Schedule,
  calendar: Calendar,
  firedThrough: Instant,
  runsCounted: number,
): Instant | null {
  if (!schedule.enabled || runsLeft(schedule, runsCounted) === 0) return null;
  const next = calendar.nextAfter(Math.max(firedThrough, (schedule.startAt ?? 0) - 1));
  return next === null || next > (schedule.endAt ?? Infinity) ? null : next;
}

/** The clock is behind the cursor: whatever it shows has its row already (S6). */
function standingStill(schedule: Schedule): Plan {
  const { firedThrough, runsCounted } = schedule;
  return { rows: [], firedThrough, nextFireAt: nextFireOf(schedule), runsCounted, cancel: [] };
}

function finished(schedule: Schedule, through: Instant, work: Planning): Plan {
  const runsCounted = schedule.runsCounted + work.planned;
  const nextFireAt = nextFire(schedule, work.calendar, through, runsCounted);
  return { rows: work.rows(nextFireAt), firedThrough: through, nextFireAt, runsCounted, cancel: work.cancel };
}

function runsLeft({ maxRuns }: Schedule, runsCounted: number): number {
  return maxRuns === null ? Infinity : Math.max(0, maxRuns - runsCounted);
}

function usedUp(schedule: Schedule): string {
  return `skipped: the schedule has made all of its ${schedule.maxRuns} runs (maxRuns)`;
}

/** The asked skips that are among these fires; what lies in the part that nobody enumerates stays in its range. */
function askedIn({ skips }: Schedule, fires: readonly Instant[]): ReadonlyMap<Instant, AskedSkip> {
  if (skips.length === 0) return NONE;
  const owed = new Set(fires);
  return new Map(skips.filter(({ at }) => owed.has(at)).map((skip) => [skip.at, skip]));
}

const NONE: ReadonlyMap<Instant, AskedSkip> = new Map();

/** One plan while it is made: rows so far, and the runs that a next fire would meet. */
class Planning {
  readonly cancel: string[] = [];
  #rows: PlannedRow[] = [];
  readonly #present: Present[];
  /** Fires that came when no run was left; one range row at the end. */
  readonly #beyond: Instant[] = [];

  constructor(
    readonly schedule: Schedule,
    readonly calendar: Calendar,
    readonly now: Instant,
    active: readonly ActiveRun[],
    readonly left: number,
    readonly through: Instant,
    readonly upSince: Instant,
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

  take(found: Owed): void {
    const { policy, windowMs } = this.schedule.catchUp;
    const {
      older,
      within,
      fires: owed,
    } = policy === "merge" ? enumerateFrom(found, this.calendar, this.now - windowMs) : found;
    const asked = askedIn(this.schedule, owed);
    const fires = asked.size === 0 ? owed : owed.filter((fire) => !asked.has(fire));
    const punctual = fires.findIndex((fire) => this.now - fire <= ON_TIME_MS && fire >= this.upSince);
    const late = punctual === -1 ? fires : fires.slice(0, punctual);
    let onTime = punctual === -1 ? [] : fires.slice(punctual);
    if (late.length > 0) {
      const room = roomOf(this.schedule, this.#present);
      const caught = catchUp(this.schedule, this.now, { older, within, late, onTime }, room);
      this.#rows.push(...caught.skipped);
      this.#catchUp(caught);
      onTime = caught.onTime;
    }
    for (const fire of onTime) this.#onTime(fire);
    if (this.#beyond.length > 0) {
      this.skipAll({ older: null, fires: this.#beyond }, "limit", usedUp(this.schedule));
    }
    this.#ask(asked, fires, within ?? older);
  }

  /** S1: a range that an asked skip lies in becomes the ranges before and after it. */
  #ask(asked: ReadonlyMap<Instant, AskedSkip>, others: readonly Instant[], older: Owed["older"]): void {
    for (const skip of asked.values()) {
      this.#rows = this.#rows.flatMap((row) => splitRange(row, skip.at, others, older));
      this.#rows.push(skipRow(skip.at, "asked", askedCause(skip)));
    }
  }

  /** All rows in the order of their instants, with the local times that a gap swallowed told among them. */
  rows(nextFireAt: Instant | null): PlannedRow[] {
    this.#tellLost();
    this.#rows.sort((a, b) => a.fireAt - b.fireAt);
    this.#rows.forEach((row, index) => {
      if (row.outcome !== "run") return;
      // Also the last run of maxRuns begins before what would have been the fire after it.
      const after = this.#rows[index + 1]?.fireAt ?? nextFireAt;
      const following = after ?? this.calendar.nextAfter(row.fireAt) ?? Infinity;
      const due = row.fireAt + Math.min(jitterOf(this.schedule), following - row.fireAt - 1);
      row.availableAt = Math.max(row.availableAt, due);
    });
    return this.#rows;
  }

  /** Runs that the catch-up policy grants wait for their turn as far as there is room: skipping them would lose them. */
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
    const decision = decideOverlap(this.schedule, this.#present);
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
      else Object.assign(row, skipRow(row.fireAt, "overlap", replacedCause(this.schedule, fireAt)));
    }
  }

  /** S3: also a local time that did not exist is answered by a row, at the instant at which the gap ended. */
  #tellLost(): void {
    const { when, startAt, endAt, firedThrough, enabled } = this.schedule;
    if (when.kind !== "cron" || when.gap !== "skip" || !enabled) return;
    const from = Math.max(firedThrough, (startAt ?? 0) - 1, this.through - 400 * 86_400_000);
    for (const { at, local } of this.calendar.lostIn(from, Math.min(this.through, endAt ?? Infinity))) {
      if (this.#rows.some((row) => row.fireAt <= at && at <= (row.fireThrough ?? row.fireAt))) continue;
      const cause = `skipped: ${local} does not exist in ${when.timeZone}, where clocks went forward (dst.gap skip)`;
      this.#rows.push(skipRow(at, "dst_gap", cause));
    }
  }
}
