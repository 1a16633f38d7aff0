// The causes that a plan writes beside its rows: sentences that can be read without opening anything else.
import type { Instant } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import { MAX_STEPS } from "./owed.ts";
import type { ActiveRun, AskedSkip, PlannedRow, Schedule } from "./schedule.ts";
import { localText } from "./sentence.ts";
import type { Outage } from "./up-time.ts";

/** The id of a run that this plan makes: the store gives it a real one. */
const PLANNED = "";

/** A planned run as what the next fire meets. */
export function describeRun(row: PlannedRow): ActiveRun {
  return { id: PLANNED, state: "queued", fireAt: row.fireAt };
}

/** "2027-01-10 02:00 +01:00": a cause is read beside others, in other zones and on other days, so it leaves none of it out. */
function timeText({ timeZone }: Schedule, at: Instant): string {
  return localText(at, timeZone);
}

const DOING = {
  queued: "was still waiting to start",
  running: "was still running",
  retrying: "was still to be tried again",
} as const;

/** `skipped: run run_… of 02:00 was still running`, and after it what else decided. */
export function meetsCause(schedule: Schedule, runs: readonly ActiveRun[], why: string): string {
  const met = runs.find((run) => run.state === "running") ?? runs[0]!;
  const of = met.fireAt === null ? "" : ` of ${timeText(schedule, met.fireAt)}`;
  const name = met.id === PLANNED ? "the run" : `run ${met.id}`;
  return `skipped: ${name}${of} ${DOING[met.state]}${why === "" ? "" : ` and ${why}`}`;
}

/** Of missed fires that the policy would run, had the schedule not as many runs already as it may have. */
export function fullCause(schedule: Schedule, runs: readonly ActiveRun[], why: string): string {
  if (runs.length === 0) return `skipped: found late, and ${why}`;
  return meetsCause(schedule, runs, `of its runs ${why}`);
}

export function replacedCause(schedule: Schedule, by: Instant): string {
  return `skipped: the fire of ${timeText(schedule, by)} replaced it before it began (cancel_other)`;
}

/** Of a run that waited and has its row already; `by`: the fire that came. */
export function tookItsPlace(schedule: Schedule, by: Instant | undefined): string {
  const which = by === undefined ? "" : `: that of ${timeText(schedule, by)}`;
  return `cancelled: a later fire of its schedule took its place${which}`;
}

/** Of a fire that came when `maxRuns` was reached. */
export function usedUpCause({ maxRuns }: Schedule): string {
  return `skipped: the schedule has made all of its ${maxRuns} runs (maxRuns)`;
}

export function askedCause({ by, reason }: AskedSkip): string {
  return `skipped: ${by} asked for it${reason === null ? "" : `: ${reason}`}`;
}

export function outageText(schedule: Schedule, { since, why }: Outage): string {
  const from = timeText(schedule, Math.floor(since / 1000) * 1000);
  return `since ${from} the service could not write to its database: ${why}`;
}

export function lateCause(schedule: Schedule, fireAt: Instant, now: Instant): string {
  return `caught up ${formatDuration(now - fireAt)} late (catch-up policy ${schedule.catchUp.policy})`;
}

/** "30m 0s late"; of a range how late its newest and its oldest fire were found. */
function lateText(now: Instant, { oldest, newest }: Ends): string {
  const late = formatDuration(now - newest);
  return oldest === newest ? `${late} late` : `between ${late} and ${formatDuration(now - oldest)} late`;
}

/** The first and the last fire of one row. */
export interface Ends {
  oldest: Instant;
  newest: Instant;
}

/** Why missed fires did not run. `runs` are those that the policy lets run instead. */
export function missedCause(
  schedule: Schedule,
  now: Instant,
  ends: Ends,
  runs: readonly Instant[],
  onTime: readonly Instant[],
): string {
  const { policy, windowMs, max } = schedule.catchUp;
  const found = `found ${lateText(now, ends)}`;
  const window = formatDuration(windowMs);
  const rule = `catch-up policy ${policy}`;
  if (policy === "skip") return `missed: ${found}, and ${rule} runs no missed fire`;
  if (policy === "latest" && onTime.length > 0) {
    const instead = timeText(schedule, onTime[0]!);
    return `missed: ${found}, when the fire of ${instead} had come due; ${rule} runs the newest only`;
  }
  if (policy === "all" && max === 0) return `missed: ${found}, and ${rule} runs none of them (max 0)`;
  if (runs.length === 0) return `missed: ${found}, beyond the catch-up window of ${window}`;
  if (policy === "latest") {
    const instead = timeText(schedule, runs.at(-1)!);
    return `missed: ${rule} runs only the newest missed fire, that of ${instead}`;
  }
  if (now - ends.newest > windowMs)
    return `missed: ${found}, beyond the catch-up window of ${window} (${rule})`;
  return `missed: ${rule} runs only the newest ${max} within its window of ${window}`;
}

export function mergedCause(schedule: Schedule, into: Instant): string {
  return `folded into the run of ${timeText(schedule, into)} (catch-up policy merge)`;
}

/** Of the run that stands for several; `count` null: nobody counted them. */
export function mergingCause(now: Instant, ends: Ends, count: number | null): string {
  if (count === null)
    return `stands for more than ${MAX_STEPS} fires, found ${lateText(now, ends)} (catch-up policy merge)`;
  if (count === 1) return `caught up ${lateText(now, ends)} (catch-up policy merge)`;
  return `stands for ${count} fires, found ${lateText(now, ends)} (catch-up policy merge)`;
}
