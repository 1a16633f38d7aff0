// The causes that a plan writes beside its rows: sentences that can be read without opening anything else.
import type { Instant } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import type { ActiveRun, AskedSkip, PlannedRow, Schedule } from "./schedule.ts";
import { wallText, zoneOf } from "./zone.ts";

/** The id of a run that this plan makes: the store gives it a real one. */
const PLANNED = "";

/** A planned run as what the next fire meets. */
export function describeRun(row: PlannedRow): ActiveRun {
  return { id: PLANNED, state: "queued", fireAt: row.fireAt };
}

/** "02:00", with seconds only if there are some, and the day only if it is another one than that of `beside`. */
export function clockText(schedule: Schedule, at: Instant, beside?: Instant): string {
  const zone = zoneOf(schedule.timeZone);
  const text = (instant: Instant) => wallText(instant + (zone?.offsetAt(instant) ?? 0));
  const [day, time] = text(at).split("T") as [string, string];
  const short = time.endsWith(":00") ? time.slice(0, 5) : time;
  return beside !== undefined && text(beside).startsWith(day) ? short : `${day} ${short}`;
}

const DOING = {
  queued: "was still waiting to start",
  running: "was still running",
  retrying: "was still to be tried again",
} as const;

/** `skipped: run run_… of 02:00 was still running`, and after it what else decided. */
export function meetsCause(
  schedule: Schedule,
  fireAt: Instant,
  runs: readonly ActiveRun[],
  why: string,
): string {
  const met = runs.find((run) => run.state === "running") ?? runs[0]!;
  const of = met.fireAt === null ? "" : ` of ${clockText(schedule, met.fireAt, fireAt)}`;
  const name = met.id === PLANNED ? "the run" : `run ${met.id}`;
  return `skipped: ${name}${of} ${DOING[met.state]}${why === "" ? "" : ` and ${why}`}`;
}

export function replacedCause(schedule: Schedule, fireAt: Instant, by: Instant): string {
  return `skipped: the fire of ${clockText(schedule, by, fireAt)} replaced it before it began (cancel_other)`;
}

export function askedCause({ by, reason }: AskedSkip): string {
  return `skipped: ${by} asked for it${reason === null ? "" : `: ${reason}`}`;
}

export function lateCause(schedule: Schedule, fireAt: Instant, now: Instant): string {
  return `caught up ${formatDuration(now - fireAt)} late (catch-up policy ${schedule.catchUp.policy})`;
}

/** Why missed fires did not run. `runs` are those that the policy lets run instead. */
export function missedCause(
  schedule: Schedule,
  now: Instant,
  newest: Instant,
  runs: readonly Instant[],
  onTime: readonly Instant[],
): string {
  const { policy, windowMs, max } = schedule.catchUp;
  const late = formatDuration(now - newest);
  const window = formatDuration(windowMs);
  const rule = `catch-up policy ${policy}`;
  if (policy === "skip") return `missed: found ${late} late, and ${rule} runs no missed fire`;
  if (policy === "latest" && onTime.length > 0) {
    const instead = clockText(schedule, onTime[0]!, newest);
    return `missed: found ${late} late, when the fire of ${instead} had come due; ${rule} runs the newest only`;
  }
  if (runs.length === 0) return `missed: found ${late} late, beyond the catch-up window of ${window}`;
  if (policy === "latest") {
    const instead = clockText(schedule, runs.at(-1)!, newest);
    return `missed: ${rule} runs only the newest missed fire, that of ${instead}`;
  }
  if (policy === "merge") return `missed: ${rule} takes only what is within its window of ${window}`;
  if (now - newest > windowMs) return `missed: older than its catch-up window of ${window} (${rule})`;
  return `missed: ${rule} runs only the newest ${max} within its window of ${window}`;
}

export function mergedCause(schedule: Schedule, into: Instant, from: Instant): string {
  return `folded into the run of ${clockText(schedule, into, from)} (catch-up policy merge)`;
}
