// Why a schedule did, did not or will (not) run at an instant: one verdict, and the facts behind it. Pure.
import type { Instant } from "../clock.ts";
import { calendarOf } from "./calendar.ts";
import type { LostTime } from "./cron-calendar.ts";
import type { BackfillRun, FireRow, Revision, RevisionsAt } from "./history.ts";
import { fireAfter, fireBefore, isFire } from "./neighbours.ts";
import { type ComingFire, comingFire, usedUpAt } from "./next-fire.ts";
import type { AskedSkip, Schedule } from "./schedule.ts";
import {
  type ScopedPause,
  type Suspension,
  suspensionAt,
  suspensionsOf,
  type Unavailable,
} from "./suspension.ts";
import type { ClockStep, Downtime } from "./up-time.ts";
import type { Transition } from "./zone.ts";
import { zoneOf } from "./zone.ts";

export const VERDICTS = [
  /** A run of it began; its state says how it ended. */
  "ran",
  /** Its run waits for a slot, or for its next attempt. */
  "waiting",
  /** Its run was cancelled before it began. */
  "cancelled",
  /** A row, or a range of them, says why not. */
  "skipped",
  /** It lies in a suspension that goes on. */
  "suspended",
  /** Owed, and nobody has settled it yet. */
  "due",
  "will_fire",
  "will_not_fire",
  /** The schedule has no fire then. */
  "not_a_fire",
  /** The clock of the zone never showed that time. */
  "no_such_time",
  "not_made_yet",
  /** Before its startAt. */
  "not_begun",
  "deleted",
  /** All runs that it may make are made, or its time is over. */
  "over",
  /** Settled, and its row is not there any more. */
  "not_kept",
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Everything that is known about an instant of a schedule. */
export interface ExplainFacts extends RevisionsAt {
  at: Instant;
  now: Instant;
  /** The schedule as it is; undefined when it is deleted. */
  current: Schedule | undefined;
  /** The latest row that begins at or before `at`. */
  row: FireRow | undefined;
  /** Pauses of jobs, sources and everything in force at `at`. */
  pauses: readonly ScopedPause[];
  /** The same of `now`: they hold back the next fire. */
  pausesNow: readonly ScopedPause[];
  unavailable: Unavailable | undefined;
  downtime: Downtime | undefined;
  /** The clock went back over this instant. */
  clockBack?: ClockStep | undefined;
  /** The newest run that a backfill made of this instant. */
  backfill?: BackfillRun | undefined;
}

export interface Explanation extends ComingFire {
  verdict: Verdict;
  at: Instant;
  /** Set with `ran`, `waiting`, `cancelled` and `skipped`. */
  row: FireRow | undefined;
  /** Beside any verdict: the run that a backfill made of the instant. */
  backfill: BackfillRun | undefined;
  /** Set with `suspended` and `will_not_fire`. */
  suspended: Suspension | undefined;
  asked: AskedSkip | undefined;
  revision: Revision | undefined;
  /** When nobody looked for due fires; only when that bears on the answer. */
  downtime: Downtime | undefined;
  /** The clock of the service went back over the instant. */
  clockBack: ClockStep | undefined;
  /** The fire before the instant; the next one is in `nextFire`. Each by the revision that owes it. */
  previousFire: Instant | null;
  /** A local time that did not exist, whose fire moved here or was left out here. */
  lost: LostTime | undefined;
  clockChange: Transition | undefined;
}

/** An up-time is written every few seconds: shorter silence than this says nothing. */
const SILENCE_MS = 15_000;

export function explain(facts: ExplainFacts): Explanation {
  const { at, now, holding, last, current } = facts;
  const deleted = last.action === "deleted";
  const future = at > now;
  const shown = future && current ? current : holding?.schedule;
  const isLive = shown !== undefined && holding?.action !== "deleted";
  const base: Explanation = {
    verdict: "not_a_fire",
    at,
    row: undefined,
    backfill: facts.backfill,
    suspended: undefined,
    asked: undefined,
    revision: holding,
    downtime: undefined,
    clockBack: facts.clockBack,
    previousFire: past(fireBefore(at, holding, facts.earlier), facts),
    ...coming(fireAfter(at, holding, facts.later), facts),
    lost: isLive ? lostAt(shown, at) : undefined,
    clockChange: isLive ? zoneOf(shown.timeZone)?.firstTransition(at - 1, at) : undefined,
  };
  if (!holding || !shown) return { ...base, verdict: "not_made_yet", revision: facts.first };
  const row = covering(facts.row, at);
  if (row && (row.fireAt === at || isFire(shown, at))) return ofRow(base, row, facts);
  if (deleted && at > last.from) return { ...base, verdict: "deleted", revision: last };
  if (!isFire(shown, at)) return { ...base, verdict: outside(shown, at) };
  if (!current) return { ...base, verdict: "not_kept" };
  if (at <= current.firedThrough) return { ...base, verdict: "not_kept" };
  return ofOwed(base, current, facts);
}

function covering(row: FireRow | undefined, at: Instant): FireRow | undefined {
  return row && at <= (row.fireThrough ?? row.fireAt) ? row : undefined;
}

function ofRow(base: Explanation, row: FireRow, facts: ExplainFacts): Explanation {
  const verdict =
    row.state === "skipped"
      ? "skipped"
      : row.startedAt !== null
        ? row.state === "retrying"
          ? "waiting"
          : "ran"
        : row.state === "cancelled"
          ? "cancelled"
          : "waiting";
  return { ...base, verdict, row, downtime: isExcused(row, facts) ? known(facts) : undefined };
}

/** A row that is on time needs no excuse: a run that began before the downtime ended began before it. */
function isExcused({ state, startedAt }: FireRow, { downtime }: ExplainFacts): boolean {
  if (state === "skipped" || startedAt === null) return true;
  return startedAt >= (downtime?.to ?? Infinity);
}

/** Not settled: it will be, or it lies in a suspension that goes on, or nothing comes any more. */
function ofOwed(base: Explanation, current: Schedule, facts: ExplainFacts): Explanation {
  const { at, now, pauses, unavailable } = facts;
  const future = at > now;
  const spans = suspensionsOf(current, pauses, unavailable);
  const suspended = suspensionAt(spans, at - 1, current.suspended);
  if (suspended) return { ...base, verdict: future ? "will_not_fire" : "suspended", suspended };
  const asked = current.skips.find((skip) => skip.at === at);
  if (asked) return { ...base, verdict: "will_not_fire", asked };
  const usedUp = usedUpAt(current, at, spans);
  if (usedUp) return { ...base, verdict: "over", usedUp };
  if (future) return { ...base, verdict: "will_fire" };
  return { ...base, verdict: "due", downtime: known(facts) };
}

/** A fire before an instant to come is told when it will run. */
function past(fire: Instant | null, facts: ExplainFacts): Instant | null {
  if (fire === null || fire <= facts.now || fire <= (facts.current?.firedThrough ?? -Infinity)) return fire;
  return coming(fire, facts).nextFire === fire ? fire : null;
}

/** What becomes of a fire of the calendar that comes next; after the deletion nothing comes. */
function coming(fire: Instant | null, { current, now, pausesNow, unavailable }: ExplainFacts): ComingFire {
  // What is to come on a clock that went back, but lies before the cursor, has its row already.
  const settled = current && fire !== null && fire > now && fire <= current.firedThrough;
  const next = settled ? calendarOf(current.when).nextAfter(current.firedThrough) : fire;
  // What has come already is told as it was.
  if (current && next !== null && next > current.firedThrough)
    return comingFire(current, next, suspensionsOf(current, pausesNow, unavailable));
  return { nextFire: next, heldBack: undefined, passedOver: [], usedUp: null };
}

function outside({ startAt, endAt }: Schedule, at: Instant): Verdict {
  if (at < (startAt ?? -Infinity)) return "not_begun";
  return at > (endAt ?? Infinity) ? "over" : "not_a_fire";
}

/** The downtime that the instant lies in, as far as it is one: nobody is missed after a few seconds of silence. */
function known({ downtime, now }: ExplainFacts): Downtime | undefined {
  if (!downtime || (downtime.to === null && now - downtime.from < SILENCE_MS)) return undefined;
  return downtime;
}

/** A local time that did not exist, whose fire a gap moved here (`dst.gap next`) or left out. */
function lostAt(schedule: Schedule, at: Instant): LostTime | undefined {
  const { when } = schedule;
  if (when.kind !== "cron" || outside(schedule, at) !== "not_a_fire") return undefined;
  return calendarOf({ ...when, gap: "skip" }).lostIn(at - 1, at)[0];
}
