// An explanation in three lines that can be pasted into a chat: what was asked, what happened, and what lies behind it.
import type { Instant } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import type { Explanation } from "./explain.ts";
import type { LostTime } from "./cron-calendar.ts";
import type { FireRow, Revision } from "./history.ts";
import type { UsedUp } from "./next-fire.ts";
import { jitterOf } from "./jitter.ts";
import type { Schedule } from "./schedule.ts";
import { ON_TIME_MS } from "./plan.ts";
import { sentenceOf } from "./sentence.ts";
import { backText, downText, momentOf, shortTime, timeOf, wholeSecond } from "./time-words.ts";
import type { Suspension } from "./suspension.ts";
import { type Transition, wallText, zoneOf } from "./zone.ts";

/** Pure. `schedule`: as it is, or as it last was; `job`: what its job is called among the others. */
export function explainWords(
  schedule: Schedule,
  explanation: Explanation,
  now: Instant,
  job: string,
): [string, string, string] {
  const name = schedule.name === null ? schedule.id : `"${schedule.name}" (${schedule.id})`;
  const subject = `${name} of the job ${job}, at ${timeOf(schedule, shownAt(explanation))} (${schedule.timeZone}):`;
  return [
    subject,
    withBackfill(explanation, answerOf(schedule, explanation, now)),
    behindOf(schedule, explanation, now),
  ];
}

/** Nobody asks for milliseconds: they are told of fires alone, when these have some. */
function shownAt({ at, verdict, previousFire }: Explanation): Instant {
  const isFire = !["not_a_fire", "not_made_yet", "deleted", "over", "not_begun"].includes(verdict);
  const follows = previousFire !== null && previousFire >= wholeSecond(at);
  return isFire || follows ? at : wholeSecond(at);
}

function withBackfill({ backfill }: Explanation, answer: string): string {
  if (!backfill) return answer;
  const { batch, run, state } = backfill;
  return `${bare(answer)}; run later by backfill ${batch} as ${run}, ${state}.`;
}

function answerOf(schedule: Schedule, explanation: Explanation, now: Instant): string {
  const { verdict, row, suspended, asked, at, revision, lost } = explanation;
  switch (verdict) {
    case "ran":
      return ranText(schedule, explanation, now);
    case "waiting":
      return waitingText(schedule, row!, now);
    case "cancelled":
      return `It did not run: its run ${row!.id} was ${row!.cause ?? "cancelled before it started"}.`;
    case "skipped":
      return skippedText(schedule, row!, at);
    case "suspended":
      return `It did not run: ${bare(suspended!.cause)}, since ${shortTime(schedule, wholeSecond(suspended!.from), at)}${stillText(schedule, suspended!.until, now)}.`;
    case "due":
      return `It is due since ${formatDuration(now - at)}, and nobody has settled it yet.`;
    case "will_fire":
      return `It will fire, in ${formatDuration(at - now)}.`;
    case "will_not_fire":
      if (asked) return `It will not fire: ${asked.by} asked to skip it${because(asked.reason)}.`;
      return `It would not fire: ${bare(suspended!.cause)}, since ${momentOf(schedule, suspended!.from)}${until(schedule, suspended!.until)}.`;
    case "not_a_fire":
      if (lost)
        return `It ${at > now ? "would not fire" : "did not fire"}: ${lostText(schedule, explanation)}.`;
      return `It ${at > now ? "would not fire" : "had no fire"} then${afterText(schedule, explanation, now)}.`;
    case "no_such_time":
      return "The clock never showed that time.";
    case "not_made_yet":
      return `It did not exist yet: ${revision!.actor} made it at ${momentOf(schedule, revision!.from)}.`;
    case "deleted":
      return `It was gone: ${revision!.actor} deleted it at ${momentOf(schedule, revision!.from)}.`;
    case "not_begun":
    case "over":
      return overText(schedule, explanation, now);
    case "not_kept":
      return "It was settled, and its row is not kept any more.";
  }
}

function ranText(schedule: Schedule, { row: ran, downtime }: Explanation, now: Instant): string {
  const row = ran!;
  const lateMs = row.startedAt! - row.fireAt;
  const jitter = jitterOf(schedule);
  // A run that is caught up does not wait for its jitter, which has long passed.
  const waited = jitter > 0 && lateMs >= jitter && lateMs - jitter <= ON_TIME_MS && !downtime;
  const took = row.finishedAt === null ? now - row.startedAt! : row.finishedAt - row.startedAt!;
  const began = `It ran as ${row.id}, ${lateText(lateMs)} after its instant${waited ? `, ${lateText(jitter)} of them its jitter` : ""}`;
  const cause = row.cause === null ? "" : `: ${bare(row.cause)}`;
  if (row.state === "running" || row.state === "queued")
    return `${began}, and has been running for ${formatDuration(took)}${cause}.`;
  const end = row.reason === null ? row.state : `${row.state} (${row.reason})`;
  return `${began}, and ${end} after ${formatDuration(took)}${cause}.`;
}

/** Milliseconds tell something of a service that is well; of a late run they are noise. */
function lateText(ms: number): string {
  return ms < 10_000 ? `${ms} ms` : formatDuration(ms);
}

function waitingText(schedule: Schedule, row: FireRow, now: Instant): string {
  if (row.state === "retrying") {
    const again = row.availableAt > now ? ` at ${timeOf(schedule, row.availableAt)}` : "";
    return `It ran as ${row.id}, and is to be tried again${again}${row.cause === null ? "" : `: ${bare(row.cause)}`}.`;
  }
  const cause = row.cause === null ? "" : `: ${bare(row.cause)}`;
  if (row.availableAt > now)
    return `Its run ${row.id} is not to start before ${timeOf(schedule, row.availableAt)}${cause}.`;
  return `Its run ${row.id} waits for a free slot, for ${formatDuration(now - row.availableAt)} by now${cause}.`;
}

function skippedText(schedule: Schedule, row: FireRow, at: Instant): string {
  const said = `It did not run (${row.reason}): ${bare(row.cause ?? "no cause was written")}`;
  if (row.fireThrough === null) return `${said}.`;
  const [from, through] = [shortTime(schedule, row.fireAt, at), shortTime(schedule, row.fireThrough, at)];
  const count = row.fireCount === null ? "many fires" : `${row.fireCount} fires`;
  return `${said}; it is one of ${count} from ${from} to ${through} in the row ${row.id}.`;
}

/** "none until it is resumed", and which suspension that is, unless it is `told` already. */
function noneText(schedule: Schedule, span: Suspension, told?: Suspension): string {
  if (span.until !== null) return `none after ${momentOf(schedule, span.until)} (${bare(span.cause)})`;
  const ends = { paused: "resumed", disabled: "enabled", held: "released" } as Record<string, string>;
  const none = `none until it is ${ends[span.reason] ?? "back"}`;
  if (told?.key === span.key) return none;
  return `${none} (${bare(span.cause)}, since ${momentOf(schedule, span.from)})`;
}

/** Behind "then": the next fire that runs, and what is left out before it; or why there is none. */
function afterText(schedule: Schedule, explanation: Explanation, now: Instant): string {
  const { nextFire, heldBack, usedUp, at } = explanation;
  if (nextFire === null && usedUp) return `, and none comes after it: ${usedUpText(schedule, usedUp)}`;
  if (nextFire === null && !heldBack) return ", and none comes after it";
  if (nextFire === null) return `, and there is ${noneText(schedule, heldBack!)}`;
  const left = leftOutText(schedule, explanation);
  return `: the next one ${nextFire > now ? "is" : "was"} ${shortTime(schedule, nextFire, at)}${left}`;
}

/** The next fire as a sentence of its own. */
function nextText(schedule: Schedule, explanation: Explanation, now: Instant): string {
  const { nextFire, heldBack, usedUp, at, suspended, verdict } = explanation;
  if (nextFire === null && usedUp) return `No fire comes after it: ${usedUpText(schedule, usedUp)}.`;
  if (nextFire === null && !heldBack) return "No fire comes after it.";
  if (nextFire === null) return `The next fire: ${noneText(schedule, heldBack!, suspended)}.`;
  const which = verdict === "not_made_yet" ? "Its first" : "The next";
  const left = leftOutText(schedule, explanation);
  return `${which} fire ${nextFire > now ? "is" : "was"} ${shortTime(schedule, nextFire, at)}${left}.`;
}

/** " (03:00 is left out: token:ana asked for it)" */
function leftOutText(schedule: Schedule, { passedOver, at }: Explanation): string {
  const [first] = passedOver;
  if (!first) return "";
  const others = passedOver.length === 1 ? "is" : `and ${passedOver.length - 1} more are`;
  return ` (${shortTime(schedule, first.at, at)} ${others} left out: ${first.by} asked for it${because(first.reason)})`;
}

function usedUpText({ maxRuns }: Schedule, usedUp: UsedUp | null): string {
  return `all of its ${maxRuns} runs are made${usedUp === "by_then" ? " by then" : ""} (maxRuns)`;
}

function overText(schedule: Schedule, { at, usedUp }: Explanation, now: Instant): string {
  const { startAt, endAt } = schedule;
  if (startAt !== null && at < startAt)
    return startAt > now
      ? `It will not have begun: it starts ${timeOf(schedule, startAt)}.`
      : `It had not begun: its startAt is ${timeOf(schedule, startAt)}.`;
  if (endAt !== null && at > endAt)
    return `It ${endAt > now ? "will be" : at > now ? "is" : "was"} over: its endAt is ${timeOf(schedule, endAt)}.`;
  return `It fires no more then: ${usedUpText(schedule, usedUp)}.`;
}

/** What lies behind it: the clock, the downtime, the fires around it. */
function behindOf(schedule: Schedule, explanation: Explanation, now: Instant): string {
  const { downtime, clockBack, resumed, lost, clockChange, verdict, at, previousFire, revision } =
    explanation;
  const said: string[] = [];
  if (downtime) said.push(downText(schedule, downtime));
  if (clockBack) said.push(backText(schedule, clockBack));
  if (resumed)
    said.push(`${resumed.by} resumed it at ${momentOf(schedule, resumed.at)}${because(resumed.reason)}.`);
  if (lost && verdict !== "not_a_fire") said.push(`${capital(lostText(schedule, explanation))}.`);
  else if (clockChange && verdict === "not_a_fire" && !lost) said.push("Clocks changed at that instant.");
  const ended = verdict === "deleted" || verdict === "over";
  if (verdict === "not_a_fire" || ended)
    said.push(
      `It ${verdict === "deleted" ? "fired" : "fires"}: ${sentenceOf(schedule.when, schedule.timeZone)}.`,
    );
  if (verdict === "not_a_fire" && previousFire !== null)
    said.push(`The fire before it: ${shortTime(schedule, previousFire, at)}.`);
  if (verdict === "deleted") {
    const last =
      previousFire === null ? "It never had a fire" : `Its last fire: ${timeOf(schedule, previousFire)}`;
    said.push(`${last}; its rows are kept.`);
  }
  if (verdict !== "not_a_fire" && !ended) said.push(nextText(schedule, explanation, now));
  if (revision && verdict !== "not_made_yet" && verdict !== "deleted")
    said.push(`Revision ${revision.revision} held then (${revisionText(revision)}).`);
  return said.join(" ");
}

/** Why somebody paused or held it is told with the suspension. */
function revisionText({ action, actor, reason }: Revision): string {
  return `${action} by ${actor}${action === "edited" ? because(reason) : ""}`;
}

/** "02:30 does not exist in Europe/Berlin on 2027-03-28, where clocks went from 02:00 to 03:00, and its fire moved …" */
export function lostText(
  schedule: Schedule,
  { lost, clockChange, at }: Pick<Explanation, "lost" | "clockChange" | "at">,
): string {
  return `${gapText(schedule, lost!, clockChange ?? zoneOf(schedule.timeZone)?.firstTransition(at - 1, at))}, and ${movedText(schedule)}`;
}

/** A local time that was asked for, and what there was to fire at it: its own fire, or none; then what comes next. */
export function noSuchTimeText(
  schedule: Schedule,
  asked: { lost: LostTime; clockChange: Transition; meant: "moved" | "elapsed" | "none" },
  end: Explanation,
  now: Instant,
): string {
  const gap = gapText(schedule, asked.lost, asked.clockChange);
  if (asked.meant === "moved") return `${capital(gap)}, and ${movedText(schedule)}.`;
  if (asked.meant === "elapsed")
    return `${capital(gap)}; a text with * or / fires only when the clock shows its times, and owes no fire for it.`;
  if (end.verdict === "not_made_yet" || end.verdict === "deleted") return `${capital(gap)}.`;
  const isFire = !["not_a_fire", "not_begun", "over"].includes(end.verdict);
  const next = isFire ? { ...end, nextFire: end.at, passedOver: [] } : end;
  return `${capital(gap)}, and the schedule has no fire then${afterText(schedule, next, now)}.`;
}

function gapText(schedule: Schedule, lost: LostTime, change: Transition | undefined): string {
  const [day, time] = lost.local.split("T") as [string, string];
  const wall = (ms: number) => wallText(ms).slice(11).replace(/:00$/, "");
  const went = change
    ? `, where clocks went from ${wall(change.at + change.before)} to ${wall(change.at + change.after)}`
    : "";
  return `${time.replace(/:00$/, "")} does not exist in ${schedule.timeZone} on ${day}${went}`;
}

function movedText({ when }: Schedule): string {
  const moved = when.kind !== "cron" || when.gap === "next";
  return moved ? "its fire moved to that instant (dst.gap next)" : "its fire was left out (dst.gap skip)";
}

function bare(cause: string): string {
  return cause.replace(/^(skipped|missed): /, "").replace(/\.$/, "");
}

function because(reason: string | null): string {
  return reason === null ? "" : `: ${reason}`;
}

function stillText(schedule: Schedule, end: Instant | null, now: Instant): string {
  return end !== null && end <= now ? `, until ${momentOf(schedule, end)}` : ", and still is";
}

function until(schedule: Schedule, at: Instant | null): string {
  return at === null ? "" : `, until ${momentOf(schedule, at)}`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
