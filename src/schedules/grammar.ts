// The strict check in front of every cron text (S13): bounded, in plain words, before any library sees it.

export type CronField = "second" | "minute" | "hour" | "dayOfMonth" | "month" | "dayOfWeek";

/** A cron text that passed: what the calendar and the sentence are made from. */
export interface CronExpression {
  /** As it was given, without the space around it. */
  text: string;
  /** Six fields in numbers, single spaces: equal for texts that mean the same, so calendars are shared by it. */
  canonical: string;
  fields: Readonly<Record<CronField, string>>;
  /** No `*` and no `/` in second, minute and hour: local times that a clock change may move (S11). */
  fixed: boolean;
  /** Both day fields are restricted: a day that matches either of them fires. */
  eitherDay: boolean;
}

/** Why a cron text was refused; `field` is null when it is about the whole text. */
export class CronError extends Error {
  override readonly name = "CronError";
  constructor(
    readonly code: "cron" | "never_fires",
    readonly field: CronField | null,
    message: string,
  ) {
    super(message);
  }
}

/** Reads a cron text of any length in well under 5 ms, or throws CronError. */
export function parseCron(_text: string): CronExpression {
  throw new Error("not built yet");
}
