// An explanation in three lines that can be pasted into a chat: what was asked, what happened, and what lies behind it.
import type { Instant } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import type { Explanation } from "./explain.ts";
import type { FireRow } from "./history.ts";
import type { Schedule } from "./schedule.ts";
import { localText, sentenceOf } from "./sentence.ts";
import type { Suspension } from "./suspension.ts";
import { wallText, zoneOf } from "./zone.ts";

/** Pure. `schedule`: as it is, or as it last was. */
export function explainWords(
  schedule: Schedule,
  explanation: Explanation,
  now: Instant,
): [string, string, string] {
  const { at } = explanation;
  const name = schedule.name === null ? schedule.id : `"${schedule.name}" (${schedule.id})`;
  const subject = `${name} of the job ${schedule.jobKey.replaceAll("/", ".")}, at ${timeOf(schedule, at)} (${schedule.timeZone}):`;
  return [
    subject,
    withBackfill(explanation, answerOf(schedule, explanation, now)),
    behindOf(schedule, explanation, now),
  ];
}

/** "2027-01-10 02:00 +01:00" */
export function timeOf({ timeZone }: Schedule, at: Instant): string {
  return localText(at, timeZone);
}

/** Without its day and offset where both are those of `beside`. */
function shortTime(schedule: Schedule, at: Instant, beside: Instant): string {
  const [text, other] = [timeOf(schedule, at).split(" "), timeOf(schedule, beside).split(" ")];
  return text[0] === other[0] && text[2] === other[2] ? text[1]! : text.join(" ");
}

function withBackfill({ backfill }: Explanation, answer: string): string {
  if (!backfill) return answer;
  const { batch, run, state } = backfill;
  return `${bare(answer)}; run later by backfill ${batch} as ${run}, ${state}.`;
}

function answerOf(schedule: Schedule, explanation: Explanation, now: Instant): string {
  const { verdict, row, suspended, asked, at, nextFire, heldBack, revision, lost } = explanation;
  switch (verdict) {
    case "ran":
      return ranText(row!, now);
    case "waiting":
      return waitingText(schedule, row!, now);
    case "cancelled":
      return `It did not run: its run ${row!.id} was ${row!.cause ?? "cancelled before it started"}.`;
    case "skipped":
      return skippedText(schedule, row!, at);
    case "suspended":
      return `It did not run: ${bare(suspended!.cause)}, since ${shortTime(schedule, suspended!.from, at)}${stillText(schedule, suspended!.until, now)}.`;
    case "due":
      return `It is due since ${formatDuration(now - at)}, and nobody has settled it yet.`;
    case "will_fire":
      return `It will fire, in ${formatDuration(at - now)}.`;
    case "will_not_fire":
      if (asked) return `It will not fire: ${asked.by} asked to skip it${because(asked.reason)}.`;
      return `It would not fire: ${bare(suspended!.cause)}, since ${timeOf(schedule, suspended!.from)}${until(schedule, suspended!.until)}.`;
    case "not_a_fire":
      if (lost)
        return `It ${at > now ? "would not fire" : "did not fire"}: ${lostText(schedule, explanation)}.`;
      return `It ${at > now ? "would not fire" : "had no fire"} then${nextFire === null ? (heldBack ? `: the next one is ${noneText(schedule, heldBack)}` : ", and none comes after it") : `: the next one ${nextFire > now ? "is" : "was"} ${shortTime(schedule, nextFire, at)}`}.`;
    case "no_such_time":
      return "The clock never showed that time.";
    case "not_made_yet":
      return `It did not exist yet: ${revision!.actor} made it at ${timeOf(schedule, revision!.from)}.`;
    case "deleted":
      return `It was gone: ${revision!.actor} deleted it at ${timeOf(schedule, revision!.from)}.`;
    case "not_begun":
    case "over":
      return overText(schedule, at, now);
    case "not_kept":
      return "It was settled, and its row is not kept any more.";
  }
}

function ranText(row: FireRow, now: Instant): string {
  const late = row.startedAt! - row.fireAt;
  const took = row.finishedAt === null ? now - row.startedAt! : row.finishedAt - row.startedAt!;
  const began = `It ran as ${row.id}, ${late} ms after its instant`;
  const cause = row.cause === null ? "" : `: ${bare(row.cause)}`;
  if (row.state === "running" || row.state === "queued")
    return `${began}, and has been running for ${formatDuration(took)}${cause}.`;
  const end = row.reason === null ? row.state : `${row.state} (${row.reason})`;
  return `${began}, and ${end} after ${formatDuration(took)}${cause}.`;
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
  const ends = { paused: "resumed", disabled: "enabled", held: "released" } as Record<string, string>;
  const none = `none until it is ${ends[span.reason] ?? "back"}`;
  if (told?.key === span.key) return none;
  return `${none} (${bare(span.cause)}, since ${timeOf(schedule, span.from)})`;
}

function overText(schedule: Schedule, at: Instant, now: Instant): string {
  const { startAt, endAt, maxRuns } = schedule;
  if (startAt !== null && at < startAt)
    return startAt > now
      ? `It will not have begun: it starts ${timeOf(schedule, startAt)}.`
      : `It had not begun: its startAt is ${timeOf(schedule, startAt)}.`;
  if (endAt !== null && at > endAt)
    return `It ${endAt > now ? "will be" : at > now ? "is" : "was"} over: its endAt is ${timeOf(schedule, endAt)}.`;
  return `It fires no more then: all of its ${maxRuns} runs are made (maxRuns).`;
}

/** What lies behind it: the clock, the downtime, the fires around it. */
function behindOf(schedule: Schedule, explanation: Explanation, now: Instant): string {
  const { downtime, lost, clockChange, verdict, at, nextFire, heldBack, previousFire, revision } =
    explanation;
  const said: string[] = [];
  if (downtime) {
    const last = downtime.stopped ? "when it was stopped" : "its last sign of life";
    const to = downtime.to === null ? "until now" : `to ${shortTime(schedule, downtime.to, downtime.from)}`;
    said.push(`The service was down from ${timeOf(schedule, downtime.from)} (${last}) ${to}.`);
  }
  if (lost && verdict !== "not_a_fire") said.push(`${capital(lostText(schedule, explanation))}.`);
  else if (clockChange && verdict === "not_a_fire" && !lost) said.push("Clocks changed at that instant.");
  if (verdict === "not_a_fire" || verdict === "over")
    said.push(`It fires: ${sentenceOf(schedule.when, schedule.timeZone)}.`);
  if (verdict === "not_a_fire" && previousFire !== null)
    said.push(`The fire before it: ${shortTime(schedule, previousFire, at)}.`);
  const ended = verdict === "deleted" || verdict === "over";
  if (verdict !== "not_a_fire" && !ended) {
    said.push(
      nextFire === null
        ? heldBack
          ? `The next fire: ${noneText(schedule, heldBack, explanation.suspended)}.`
          : "No fire comes after it."
        : `${verdict === "not_made_yet" ? "Its first" : "The next"} fire ${nextFire > now ? "is" : "was"} ${shortTime(schedule, nextFire, at)}.`,
    );
  }
  if (revision && verdict !== "not_made_yet" && verdict !== "deleted")
    said.push(`Revision ${revision.revision} held then (${revision.action} by ${revision.actor}).`);
  return said.join(" ");
}

/** "02:30 does not exist in Europe/Berlin on 2027-03-28, where clocks went from 02:00 to 03:00, and …" */
export function lostText(
  schedule: Schedule,
  { lost, clockChange, at }: Pick<Explanation, "lost" | "clockChange" | "at">,
): string {
  const [day, time] = lost!.local.split("T") as [string, string];
  const zone = zoneOf(schedule.timeZone);
  const change = clockChange ?? zone?.firstTransition(at - 1, at);
  const wall = (ms: number) => wallText(ms).slice(11).replace(/:00$/, "");
  const went = change
    ? `, where clocks went from ${wall(change.at + change.before)} to ${wall(change.at + change.after)}`
    : "";
  const gap = schedule.when.kind === "cron" ? schedule.when.gap : "next";
  const then =
    gap === "next" ? "its fire moved to that instant (dst.gap next)" : "its fire was left out (dst.gap skip)";
  return `${time.replace(/:00$/, "")} does not exist in ${schedule.timeZone} on ${day}${went}, and ${then}`;
}

function bare(cause: string): string {
  return cause.replace(/^(skipped|missed): /, "").replace(/\.$/, "");
}

function because(reason: string | null): string {
  return reason === null ? "" : `: ${reason}`;
}

function stillText(schedule: Schedule, end: Instant | null, now: Instant): string {
  return end !== null && end <= now ? `, until ${timeOf(schedule, end)}` : ", and still is";
}

function until(schedule: Schedule, at: Instant | null): string {
  return at === null ? "" : `, until ${timeOf(schedule, at)}`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
