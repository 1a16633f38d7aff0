// Schedules that a job suggests in its code: which of its schedules is made from which, and where the two differ. Pure.
import { isDeepStrictEqual } from "node:util";
import { parseDuration } from "../duration.ts";
import type { SuggestedSchedule } from "../sdk/spec.ts";
import type { Schedule } from "./schedule.ts";
import { zoneOf } from "./zone.ts";

/**
 * What tells one suggestion from the others of its job, as it was when its schedule was made. Params are none of it: they
 * may be secret, and lie sealed in the schedule itself.
 */
export type AppliedSuggestion = Pick<SuggestedSchedule, "name" | "cron" | "every" | "timeZone">;

/** Fields in which a schedule may differ from what the code suggests. */
export const DRIFT_FIELDS = ["name", "cron", "every", "timeZone", "params"] as const;
export type DriftField = (typeof DRIFT_FIELDS)[number];

export function appliedOf({ name, cron, every, timeZone }: SuggestedSchedule): AppliedSuggestion {
  return {
    ...(name === undefined ? {} : { name }),
    ...(cron === undefined ? {} : { cron }),
    ...(every === undefined ? {} : { every }),
    ...(timeZone === undefined ? {} : { timeZone }),
  };
}

/**
 * The suggestions that none of these schedules was made from, whatever became of the schedules since. One schedule stands
 * for one suggestion. `timeZone`: the zone of those that name none.
 */
export function missingSuggestions(
  suggestions: readonly SuggestedSchedule[],
  schedules: readonly Pick<Schedule, "suggested">[],
  timeZone: string,
): SuggestedSchedule[] {
  const applied = schedules.flatMap(({ suggested }) => suggested ?? []);
  const left = new Set(suggestions);
  for (const isSame of [sameName, sameTimes(timeZone)]) {
    for (const suggestion of left) {
      const at = applied.findIndex((one) => isSame(one, suggestion));
      if (at === -1) continue;
      applied.splice(at, 1);
      left.delete(suggestion);
    }
  }
  return [...left];
}

/** What the code suggests now in the place of what this schedule was made from; undefined: nothing (any more). */
export function suggestionOf(
  { suggested }: Pick<Schedule, "suggested">,
  suggestions: readonly SuggestedSchedule[],
  timeZone: string,
): SuggestedSchedule | undefined {
  if (suggested === null) return undefined;
  return (
    suggestions.find((one) => sameName(suggested, one)) ??
    suggestions.find((one) => sameTimes(timeZone)(suggested, one))
  );
}

/**
 * Where the schedule is another than the suggestion. Params that the suggestion does not give are open and differ from
 * nothing; `isOpen` says which of the others cannot be compared, since they are secret.
 */
export function driftOf(
  schedule: Pick<Schedule, "name" | "when" | "timeZone" | "params">,
  suggestion: SuggestedSchedule,
  timeZone: string,
  isOpen: (param: string) => boolean = () => false,
): DriftField[] {
  const { when } = schedule;
  const cron = when.kind === "cron" ? plainCron(when.cron) : undefined;
  const everyMs = when.kind === "every" ? when.everyMs : undefined;
  const params = Object.entries(suggestion.params ?? {}).filter(([name]) => !isOpen(name));
  const differs: Record<DriftField, boolean> = {
    name: suggestion.name !== undefined && suggestion.name !== schedule.name,
    cron: plainCron(suggestion.cron) !== cron,
    every: durationOf(suggestion.every) !== everyMs,
    timeZone: zoneName(suggestion.timeZone ?? timeZone) !== schedule.timeZone,
    params: params.some(([name, value]) => !isDeepStrictEqual(schedule.params[name], value)),
  };
  return DRIFT_FIELDS.filter((field) => differs[field]);
}

type IsSame = (applied: AppliedSuggestion, suggestion: SuggestedSchedule) => boolean;

const sameName: IsSame = (applied, { name }) => name !== undefined && applied.name === name;

/** Two names are two suggestions; a name that is given or taken away later makes no other one of it. */
const sameTimes =
  (timeZone: string): IsSame =>
  (applied, suggestion) =>
    (applied.name === undefined || suggestion.name === undefined) &&
    plainCron(applied.cron) === plainCron(suggestion.cron) &&
    durationOf(applied.every) === durationOf(suggestion.every) &&
    zoneName(applied.timeZone ?? timeZone) === zoneName(suggestion.timeZone ?? timeZone);

function plainCron(text: string | undefined): string | undefined {
  return text?.trim().split(/\s+/).join(" ").toLowerCase();
}

/** As a schedule keeps it: `europe/berlin` is Europe/Berlin. */
function zoneName(name: string): string {
  return zoneOf(name)?.name ?? name;
}

function durationOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseDuration(text.trim());
}
