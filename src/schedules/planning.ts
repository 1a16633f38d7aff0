// One plan while it is made: rows so far, and the runs that a next fire would meet.
import type { Instant } from "../clock.ts";
import type { Calendar } from "./calendar.ts";
import { type CaughtUp, catchUp, type Found } from "./catch-up.ts";
import { jitterOf } from "./jitter.ts";
import { enumerateFrom, type Owed } from "./owed.ts";
import { decideOverlap, type Present, roomOf } from "./overlap.ts";
import { askedCause, describeRun, outageText, replacedCause, usedUpCause } from "./plan-words.ts";
import { rangeRow, runRow, skipRow, splitRange } from "./rows.ts";
import type { ActiveRun, AskedSkip, PlannedRow, Schedule, SkippedReason } from "./schedule.ts";
import type { Outage } from "./up-time.ts";

/**
 * A fire found at most this late counts as on time, if somebody was there to find it all the while; only another one is
 * the catch-up policy's. A healthy service finds a fire within 1.5 s (the ticker's second and S4's half second for 10,000
 * rows), and one whose event loop stalls for 5 s, or that waits for a database to fail over, has not been down: twice
 * that leaves room for a lock or two. After a restart, however quick, what was due before it was missed.
 */
export const ON_TIME_MS = 10_000;

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
  asked: ReadonlyMap<Instant, AskedSkip>;
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
    const asked = askedIn(this.schedule, owed);
    const fires = asked.size === 0 ? owed : owed.filter((fire) => !asked.has(fire));
    const punctual = fires.findIndex((fire) => now - fire <= ON_TIME_MS && fire >= upSince);
    const at = punctual === -1 ? fires.length : punctual;
    return { older, within, late: fires.slice(0, at), onTime: fires.slice(at), asked };
  }

  /** What came when no run was left; and S1: a range that an asked skip lies in becomes those before and after it. */
  #tellRest({ older, within, late, onTime, asked }: Taken): void {
    if (this.#beyond.size === 0 && asked.size === 0) return;
    const fires = [...late, ...onTime];
    const beyond = fires.filter((fire) => this.#beyond.has(fire));
    this.skipAll({ older: null, fires: beyond }, "limit", usedUpCause(this.schedule));
    for (const skip of asked.values()) {
      this.#rows = this.#rows.flatMap((row) => splitRange(row, skip.at, fires, within ?? older));
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

/** The asked skips that are among these fires; what lies in the part that nobody enumerates stays in its range. */
function askedIn({ skips }: Schedule, fires: readonly Instant[]): ReadonlyMap<Instant, AskedSkip> {
  if (skips.length === 0) return NONE;
  const owed = new Set(fires);
  return new Map(skips.filter(({ at }) => owed.has(at)).map((skip) => [skip.at, skip]));
}

/** Beside what the policy decided, each row of a late fire says why it was late. */
function tellOutage(schedule: Schedule, { skipped, runs }: CaughtUp, outage: Outage): void {
  for (const row of [...skipped, ...runs])
    if (row.cause !== null) row.cause = `${row.cause}; ${outageText(schedule, outage)}`;
}

const NONE: ReadonlyMap<Instant, AskedSkip> = new Map();
