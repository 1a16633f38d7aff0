// One plan while it is made: rows so far, and the runs that a next fire would meet.
import type { Instant } from "../clock.ts";
import type { Calendar } from "./calendar.ts";
import { type CaughtUp, catchUp, type Found } from "./catch-up.ts";
import { jitterOf } from "./jitter.ts";
import { enumerateFrom, ON_TIME_MS, type Owed } from "./owed.ts";
import { decideOverlap, type Present, roomOf } from "./overlap.ts";
import { askedCause, describeRun, outageText, replacedCause, usedUpCause } from "./plan-words.ts";
import { rangeRow, runRow, skipRow, splitRange } from "./rows.ts";
import type { ActiveRun, AskedSkip, PlannedRow, Schedule, SkippedReason } from "./schedule.ts";
import type { Outage } from "./up-time.ts";

/** What decides beside the schedule and its calendar. */
export interface PlanningFacts {
  now: Instant;
  active: readonly ActiveRun[];
  /** Runs that it may still make. */
  left: number;
  /** The fires after it are left for another plan. */
  through: Instant;
  upSince: Instant;
  outage?: Outage | undefined;
}

/** The fires of a free stretch, and those of them that somebody asked to leave out. */
interface Taken extends Found {
  /** In ascending order. */
  asked: readonly AskedSkip[];
}

export class Planning {
  readonly cancel: string[] = [];
  #rows: PlannedRow[] = [];
  readonly #present: Present[];
  /** Fires that came when no run was left. */
  readonly #beyond = new Set<Instant>();

  constructor(
    readonly schedule: Schedule,
    readonly calendar: Calendar,
    readonly facts: PlanningFacts,
  ) {
    this.#present = facts.active.map((run) => ({ run, row: null }));
  }

  /** Rows that will run. */
  get planned(): number {
    return this.#rows.reduce((count, row) => count + (row.outcome === "run" ? 1 : 0), 0);
  }

  skipAll(owed: Owed, reason: SkippedReason, cause: string): void {
    const row = rangeRow(owed.older, owed.fires, reason, cause);
    if (row) this.#rows.push(row);
  }

  /** The fires of all free stretches, the oldest first: they meet the same runs, and the catch-up policy once. */
  take(stretches: readonly Owed[]): void {
    const { schedule, facts } = this;
    const found = stretches.map((owed) => this.#find(owed));
    let onTime = found.flatMap((one) => one.onTime);
    if (found.some(({ late }) => late.length > 0)) {
      const caught = catchUp(schedule, facts.now, found, roomOf(schedule, this.#present));
      if (facts.outage) tellOutage(schedule, caught, facts.outage);
      this.#rows.push(...caught.skipped);
      this.#catchUp(caught);
      onTime = caught.onTime;
    }
    for (const fire of onTime) this.#onTime(fire);
    for (const one of found) this.#tellRest(one);
  }

  #find(found: Owed): Taken {
    const { now, upSince } = this.facts;
    const { policy, windowMs } = this.schedule.catchUp;
    const enumerated = policy === "merge" ? enumerateFrom(found, this.calendar, now - windowMs) : found;
    const { older, within, fires: owed } = enumerated;
    const asked = askedIn(this.schedule, enumerated, this.calendar);
    const left = new Set(asked.map(({ at }) => at));
    const fires = left.size === 0 ? owed : owed.filter((fire) => !left.has(fire));
    const punctual = fires.findIndex((fire) => now - fire <= ON_TIME_MS && fire >= upSince);
    const at = punctual === -1 ? fires.length : punctual;
    return { older, within, late: fires.slice(0, at), onTime: fires.slice(at), asked };
  }

  /** What came when no run was left; and S1: a range that an asked skip lies in becomes those before and after it. */
  #tellRest({ late, onTime, asked }: Taken): void {
    if (this.#beyond.size > 0) {
      const beyond = [...late, ...onTime].filter((fire) => this.#beyond.has(fire));
      this.skipAll({ older: null, fires: beyond }, "limit", usedUpCause(this.schedule));
    }
    if (asked.length === 0) return;
    const skipped = asked.map(({ at }) => at);
    this.#rows = this.#rows.flatMap((row) => splitRange(row, skipped, this.calendar));
    for (const skip of asked) this.#rows.push(skipRow(skip.at, "asked", askedCause(skip)));
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
      if (this.planned >= this.facts.left) this.#beyond.add(fireAt);
      else {
        if (this.schedule.overlap === "cancel_other") this.#replaceAll(fireAt);
        this.#run({ ...runRow(fireAt), availableAt, cause, missed });
      }
    }
  }

  #onTime(fireAt: Instant): void {
    if (this.planned >= this.facts.left) {
      this.#beyond.add(fireAt);
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
    const { through } = this.facts;
    const from = Math.max(firedThrough, (startAt ?? 0) - 1, through - 400 * 86_400_000);
    for (const { at, local } of this.calendar.lostIn(from, Math.min(through, endAt ?? Infinity))) {
      if (this.#rows.some((row) => row.fireAt <= at && at <= (row.fireThrough ?? row.fireAt))) continue;
      const cause = `skipped: ${local} does not exist in ${when.timeZone}, where clocks went forward (dst.gap skip)`;
      this.#rows.push(skipRow(at, "dst_gap", cause));
    }
  }
}

/** The asked skips among what was found, enumerated or not. */
function askedIn(
  { skips }: Schedule,
  { older, within, fires }: Owed,
  calendar: Calendar,
): readonly AskedSkip[] {
  if (skips.length === 0) return [];
  const owed = new Set(fires);
  const ranges = [older, within].filter((range) => !!range);
  const isFound = (at: Instant) =>
    owed.has(at) ||
    (ranges.some(({ from, through }) => from <= at && at <= through) && calendar.nextAfter(at - 1) === at);
  return skips.filter(({ at }) => isFound(at)).sort((a, b) => a.at - b.at);
}

/** Beside what the policy decided, each row of a late fire says why it was late. */
function tellOutage(schedule: Schedule, { skipped, runs }: CaughtUp, outage: Outage): void {
  for (const row of [...skipped, ...runs])
    if (row.cause !== null) row.cause = `${row.cause}; ${outageText(schedule, outage)}`;
}
