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
  /** With a row `paused`: who ended the pause. */
  resumed: Resumed | undefined;
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

export interface Resumed {
  by: string;
  at: Instant;
  reason: string | null;
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
    resumed: undefined,
    revision: holding,
    downtime: undefined,
    clockBack: facts.clockBack,
    previousFire: past(at, facts),
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
  const downtime = isExcused(row, facts) ? known(facts) : undefined;
  return { ...base, verdict, row, downtime, resumed: resumedAfter(row, facts) };
}

/** Who ended the pause that a row tells of; nobody when it passed by itself, or goes on. */
function resumedAfter(row: FireRow, { pauses, later, holding, now }: ExplainFacts): Resumed | undefined {
  if (row.reason !== "paused") return undefined;
  const spans = suspensionsOf({ ...holding!.schedule, paused: null }, pauses, undefined, now);
  const { key } = spans.find(({ cause }) => cause === row.cause) ?? {};
  const pause = pauses.find(({ id }) => id === key);
  if (pause) {
    const { endedBy: by, endedAt: at, endedReason: reason } = pause;
    return by === null || at === null ? undefined : { by, at, reason };
  }
  const own = later.find(({ action }) => action === "resumed");
  return own && { by: own.actor, at: own.from, reason: own.reason };
}

/** A row that is on time needs no excuse: a run that began before the downtime ended began before it. */
function isExcused({ state, startedAt }: FireRow, { downtime }: ExplainFacts): boolean {
  if (state === "skipped" || startedAt === null) return true;
  return startedAt >= (downtime?.to ?? Infinity);
}

/** Not settled: it will be, or it lies in a suspension that goes on, or nothing comes any more. */
function ofOwed(base: Explanation, current: Schedule, facts: ExplainFacts): Explanation {
  const { at, now, unavailable } = facts;
  const future = at > now;
  const spans = suspensionsOf(current, pausesOf(current, facts), unavailable, now);
  const suspended = suspensionAt(spans, at - 1, current.suspended);
  if (suspended) return { ...base, verdict: future ? "will_not_fire" : "suspended", suspended };
  const asked = current.skips.find((skip) => skip.at === at);
  if (asked) return { ...base, verdict: "will_not_fire", asked };
  const usedUp = usedUpAt(current, at, spans);
  if (usedUp) return { ...base, verdict: "over", usedUp };
  if (future) return { ...base, verdict: "will_fire" };
  return { ...base, verdict: "due", downtime: known(facts) };
}

/** Those of the instant, and the one that the schedule is in: the clock may have gone back since that began. */
function pausesOf({ suspended }: Schedule, { pauses, pausesNow }: ExplainFacts): readonly ScopedPause[] {
  const own = pausesNow.find(({ id }) => id === suspended?.key && !pauses.some((pause) => pause.id === id));
  return own ? [...pauses, own] : pauses;
}

/** The fire before `at`: one that has a row, or will have a run; never one that a pause or maxRuns took away. */
function past(at: Instant, facts: ExplainFacts): Instant | null {
  const { current, now, holding, earlier } = facts;
  const fire = fireBefore(at, holding, earlier);
  const settledThrough = current?.firedThrough ?? Infinity;
  if (fire === null || fire <= settledThrough || coming(fire, facts).nextFire === fire) return fire;
  return fire > now ? null : fireBefore(settledThrough + 1, holding, earlier);
}

/** What becomes of a fire of the calendar that comes next; after the deletion nothing comes. */
function coming(fire: Instant | null, { current, now, pausesNow, unavailable }: ExplainFacts): ComingFire {
  // What is to come on a clock that went back, but lies before the cursor, has its row already.
  const settled = current && fire !== null && fire > now && fire <= current.firedThrough;
  const next = settled ? calendarOf(current.when).nextAfter(current.firedThrough) : fire;
  // What has come already is told as it was.
  if (current && next !== null && next > current.firedThrough)
    return comingFire(current, next, suspensionsOf(current, pausesNow, unavailable, now));
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
