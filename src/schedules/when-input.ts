// The part of a request that says when: cron, every or at, the zone, and whether anything can ever fire.
import type { Instant } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import { calendarOf } from "./calendar.ts";
import { CronError, parseCron, readCron } from "./grammar.ts";
import type { InputDefaults } from "./definition.ts";
import { type Fields, type Problems, show } from "./input-values.ts";
import type { Schedule, When } from "./schedule.ts";
import { nearestZones, wallText, zoneOf } from "./zone.ts";

export const WHEN_FIELDS = ["cron", "every", "everyMs", "anchorAt", "at", "timeZone", "dst"] as const;

/** S12: at least a second; more than a year is what cron or `at` are for. */
const EVERY = { min: 1000, max: 366 * 86_400_000, wholeSeconds: true };

export interface WhenAndZone {
  /** Undefined when it is wrong; then there are problems. */
  when: When | undefined;
  timeZone: string;
  zoneDefaulted: boolean;
}

/** `allowNever` lets through what only a preview may ask about: cron texts that never fire, instants of the past. */
export function readWhenAndZone(
  fields: Fields,
  defaults: Pick<InputDefaults, "now" | "timeZone">,
  problems: Problems,
  touched: (field: string) => boolean,
  allowNever = false,
): WhenAndZone {
  const zoneDefaulted = fields["timeZone"] === undefined;
  const timeZone = readZone(fields["timeZone"], problems) ?? defaults.timeZone;
  const dst = readDst(fields, problems);
  const kind = kindOfWhen(fields, problems);
  if (kind !== "every" && fields["anchorAt"] !== undefined) {
    problems.add("/anchorAt", "unfit", "belongs to every; cron and at have no anchor");
  }
  const rest = { timeZone, zoneDefaulted };
  if (kind === "cron") {
    const cron = readCronText(fields["cron"], problems, allowNever);
    const { gap, repeat } = dst ?? { gap: "next", repeat: "first" };
    return { when: cron === undefined ? undefined : { kind, cron, timeZone, gap, repeat }, ...rest };
  }
  if (kind !== undefined && fields["dst"] !== undefined) {
    problems.add("/dst", "unfit", `holds for cron only; ${kind} follows elapsed time`);
  }
  if (kind === "every") {
    const everyMs = problems.duration(fields, "every", "", EVERY);
    const given =
      fields["anchorAt"] === undefined ? defaults.now : problems.instant(fields["anchorAt"], "/anchorAt");
    if (everyMs === undefined || given === undefined) return { when: undefined, ...rest };
    return { when: { kind, everyMs, anchorAt: Math.floor(given / 1000) * 1000 }, ...rest };
  }
  if (kind === "at") {
    const at = problems.instant(fields["at"], "/at");
    if (at !== undefined && at <= defaults.now && touched("at") && !allowNever) {
      problems.add("/at", "past", `must lie in the future; now is ${wallText(defaults.now)}Z`);
    }
    return { when: at === undefined ? undefined : { kind, at }, ...rest };
  }
  return { when: undefined, ...rest };
}

function kindOfWhen(fields: Fields, problems: Problems): When["kind"] | undefined {
  const kinds: When["kind"][] = [];
  if (fields["cron"] !== undefined) kinds.push("cron");
  if (fields["every"] !== undefined || fields["everyMs"] !== undefined) kinds.push("every");
  if (fields["at"] !== undefined) kinds.push("at");
  if (kinds.length === 1) return kinds[0];
  if (kinds.length === 0) {
    return problems.add("/cron", "required", 'one of cron ("0 2 * * *"), every ("15m") or at is required');
  }
  return problems.add(`/${kinds[1]}`, "both", `${kinds.join(" and ")} exclude one another; give one of them`);
}

function readCronText(value: unknown, problems: Problems, allowNever: boolean): string | undefined {
  if (typeof value !== "string") return problems.text(value, "/cron", 100);
  try {
    return (allowNever ? readCron(value) : parseCron(value)).text;
  } catch (error) {
    if (!(error instanceof CronError)) throw error;
    return problems.add("/cron", error.code, error.message);
  }
}

function readZone(value: unknown, problems: Problems): string | undefined {
  if (value === undefined) return undefined;
  const form = "must be the name of an IANA time zone, such as Europe/Berlin";
  if (typeof value !== "string" || value.length > 64) {
    return problems.add("/timeZone", "time_zone", `${form}, but is ${show(value)}`);
  }
  const zone = zoneOf(value.trim());
  if (zone) return zone.name;
  const near = nearestZones(value.trim());
  const hint = near.length > 0 ? `; did you mean ${near.join(" or ")}?` : "";
  return problems.add("/timeZone", "time_zone", `${form}, but is ${show(value)}${hint}`);
}

function readDst(
  fields: Fields,
  problems: Problems,
): { gap: "next" | "skip"; repeat: "first" | "both" } | undefined {
  if (fields["dst"] === undefined) return undefined;
  const dst = problems.object(fields["dst"], "/dst", ["gap", "repeat"]);
  if (!dst) return undefined;
  const gap =
    dst["gap"] === undefined ? "next" : problems.oneOf(dst["gap"], "/dst/gap", ["next", "skip"] as const);
  const repeat =
    dst["repeat"] === undefined
      ? "first"
      : problems.oneOf(dst["repeat"], "/dst/repeat", ["first", "both"] as const);
  return { gap: gap ?? "next", repeat: repeat ?? "first" };
}

/** What only shows when all of it is known: an end before its start, a window without any fire. */
export function checkWindow(
  when: When,
  { startAt, endAt }: Pick<Schedule, "startAt" | "endAt">,
  now: Instant,
  problems: Problems,
  touched: (field: string) => boolean,
): void {
  if (startAt !== null && endAt !== null && endAt <= startAt) {
    problems.add("/endAt", "order", `must be after startAt, which is ${wallText(startAt)}Z`);
    return;
  }
  if (endAt !== null && endAt <= now && touched("endAt")) {
    problems.add("/endAt", "past", `must lie in the future; now is ${wallText(now)}Z`);
    return;
  }
  // A schedule that is over may still be renamed; only who gives a time or a window is told that nothing is in it.
  if (![...WHEN_FIELDS, "startAt", "endAt"].some(touched)) return;
  const first = calendarOf(when).nextAfter(Math.max(now, (startAt ?? 0) - 1));
  if (first !== null && first <= (endAt ?? Infinity)) return;
  const pointer = endAt !== null ? "/endAt" : startAt !== null ? "/startAt" : "/at";
  problems.add(pointer, "never_fires", "it would never fire: there is no fire between start and end");
}

/** S12: under the period, here the shortest time between some of the next fires (a few microseconds each). */
export function checkJitter(
  when: When,
  jitterMs: number,
  pointer: string,
  now: Instant,
  problems: Problems,
): void {
  if (jitterMs === 0) return;
  const fires = calendarOf(when).between(now, Infinity, 50);
  let period = when.kind === "every" ? when.everyMs : Infinity;
  for (let i = 1; i < fires.length; i++) period = Math.min(period, fires[i]! - fires[i - 1]!);
  if (jitterMs < period) return;
  const text = formatDuration(period);
  problems.add(pointer, "max", `must be shorter than the time between two fires, which is ${text}`);
}
