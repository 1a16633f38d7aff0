// The suggested schedules of a definition: their shape, and whether their params fit.
import { checkParams, type ParamSpec } from "./params.ts";
import { pointerTo } from "./pointer.ts";
import {
  fieldOf,
  isFields,
  readDuration,
  readText,
  refuseUnknown,
  wrong,
  type Reader,
} from "./read-fields.ts";
import type { CheckSchema, SuggestedSchedule } from "./spec.ts";
import { kindOf } from "./text.ts";

const HINT = 'write schedules: [{ cron: "0 2 * * *", timeZone: "Europe/Berlin" }]';

/** Whether the cron text means anything is for the calendar to say; here it only has to look like one. */
const CRON =
  /^(?:@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)|[0-9A-Za-z*\/,?#+-]+(?: +[0-9A-Za-z*\/,?#+-]+){4,5})$/;

export function describeSchedules(
  reader: Reader,
  params: ParamSpec,
  checkSchema: CheckSchema | undefined,
): SuggestedSchedule[] {
  const schedules = fieldOf(reader, "schedules");
  if (schedules === undefined) return [];
  if (!Array.isArray(schedules) || schedules.length > 50) {
    wrong(reader, "schedules", "a list of at most 50 suggested schedules", HINT, "E014");
    return [];
  }
  return schedules.flatMap((schedule: unknown, i) => {
    const pointer = pointerTo(pointerTo(reader.pointer, "schedules"), i);
    if (isFields(schedule)) {
      return [readSchedule({ ...reader, fields: schedule, pointer, code: "E014" }, params, checkSchema)];
    }
    reader.problems.add("E014", pointer, `a suggested schedule is ${kindOf(schedule)}`, HINT);
    return [];
  });
}

function readSchedule(
  reader: Reader,
  params: ParamSpec,
  checkSchema: CheckSchema | undefined,
): SuggestedSchedule {
  refuseUnknown(reader, ["name", "cron", "every", "timeZone", "params"], "a suggested schedule", "E014");
  const schedule: SuggestedSchedule = {};
  const name = readText(reader, "name", 200);
  if (name !== undefined) schedule.name = name;
  readWhen(reader, schedule);
  readTimeZone(reader, schedule);
  readParams(reader, schedule, params, checkSchema);
  return schedule;
}

function readWhen(reader: Reader, schedule: SuggestedSchedule): void {
  const cron = fieldOf(reader, "cron");
  const every = fieldOf(reader, "every");
  if ((cron === undefined) === (every === undefined)) {
    const has = cron === undefined ? "neither cron nor every" : "both cron and every";
    reader.problems.add(
      "E014",
      reader.pointer,
      `a suggested schedule has ${has}: it must have one of them`,
      HINT,
    );
    return;
  }
  if (every !== undefined) {
    const ms = readDuration(reader, "every", {
      minMs: 1_000,
      maxMs: 366 * 86_400_000,
      text: "from 1s to 366d",
    });
    if (ms !== undefined) schedule.every = every as string;
    return;
  }
  if (typeof cron === "string" && cron.length <= 100 && CRON.test(cron.trim())) schedule.cron = cron.trim();
  else wrong(reader, "cron", 'a cron text of five or six fields, or one such as "@daily"', HINT);
}

function readTimeZone(reader: Reader, schedule: SuggestedSchedule): void {
  const zone = readText(reader, "timeZone", 100);
  if (zone === undefined) return;
  if (isZone(zone)) schedule.timeZone = zone;
  else
    wrong(reader, "timeZone", "the IANA name of a time zone", 'write for example timeZone: "Europe/Berlin"');
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    // Offsets such as +02:00 pass too, but know no daylight saving.
    return /^[A-Za-z]/.test(zone);
  } catch {
    return false;
  }
}

/** What is given must be allowed; required params may be left for the admin who accepts the schedule. */
function readParams(
  reader: Reader,
  schedule: SuggestedSchedule,
  spec: ParamSpec,
  checkSchema: CheckSchema | undefined,
): void {
  const given = fieldOf(reader, "params");
  if (given === undefined) return;
  const pointer = pointerTo(reader.pointer, "params");
  const checked = checkParams(spec, given, {
    pointer,
    partial: true,
    ...(checkSchema ? { checkSchema } : {}),
  });
  if (checked.ok) {
    schedule.params = Object.fromEntries(
      Object.entries(checked.values).filter(([name]) => Object.hasOwn(given as object, name)),
    );
    return;
  }
  for (const error of checked.errors) {
    const at = error.pointer.slice(pointer.length + 1);
    const message = `params of a suggested schedule: ${at === "" ? "" : `${at} `}${error.message}`;
    reader.problems.add("E015", error.pointer, message, "change the params or leave them for the admin");
  }
}
