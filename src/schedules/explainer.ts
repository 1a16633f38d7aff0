// Gathers the facts about one instant of one schedule, and explains it; for schedules that are gone too.
import type { Instant } from "../clock.ts";
import { invalid, notFound } from "../errors.ts";
import { type AskedTime, readAskedTime, wrongTime } from "./asked-time.ts";
import { localTimesOf } from "./calendar.ts";
import { explain, type Explanation } from "./explain.ts";
import { explainWords, noSuchTimeText } from "./explain-words.ts";
import { readCron } from "./grammar.ts";
import type { ScheduleHistory } from "./history.ts";
import { fireIn } from "./neighbours.ts";
import type { Schedule } from "./schedule.ts";
import type { Unavailable } from "./suspension.ts";
import type { UpTimeStore } from "./up-time.ts";
import { wallText } from "./zone.ts";

export interface ExplainerDeps {
  history: ScheduleHistory;
  upTimes: Pick<UpTimeStore, "downtimeAt" | "stepBackAt">;
  scheduleOf(id: string): Promise<Schedule | undefined>;
  suspensionOf?(schedule: Schedule): Unavailable | undefined;
  /** What a schedule's job is called among the others; its key unless given. */
  jobName?(schedule: Schedule): string;
  now(): Instant;
}

export interface Explained {
  /** As it is, or as it last was. */
  schedule: Schedule;
  explanation: Explanation;
  lines: [string, string, string];
}

export class Explainer {
  readonly #deps: ExplainerDeps;

  constructor(deps: ExplainerDeps) {
    this.#deps = deps;
  }

  #nameOf(schedule: Schedule): string {
    return this.#deps.jobName?.(schedule) ?? schedule.jobKey.replaceAll("/", ".");
  }

  /** The schedule by its last revision, for whoever has to know whose it is; 404 when there never was one. */
  async scheduleOf(id: string): Promise<Schedule> {
    const schedule = await this.#deps.scheduleOf(id);
    if (schedule) return schedule;
    const found = await this.#deps.history.revisionsAt(id, 0);
    if (!found) throw notFound(`There is no schedule "${id.slice(0, 64)}".`);
    return found.last.schedule;
  }

  /** `asked`: an instant, a local time of the schedule's zone, or words; 422 when it is none. */
  async explain(id: string, asked: string): Promise<Explained> {
    const schedule = await this.scheduleOf(id);
    const now = this.#deps.now();
    const time = readAskedTime(asked, now, schedule.timeZone);
    if (!time) {
      const message = wrongTime(asked, now, schedule.timeZone);
      throw invalid([{ pointer: "/query/at", code: "instant", message }]);
    }
    if (time.kind === "lost") return this.#lost(schedule, time, now);
    const explained = await this.#at(schedule, time.at, time.minute, now);
    if (time.kind === "instant") return explained;
    return this.#twice(explained, time);
  }

  async #at(schedule: Schedule, asked: Instant, minute: boolean, now: Instant): Promise<Explained> {
    const { history, upTimes } = this.#deps;
    const { id } = schedule;
    const current = await this.#deps.scheduleOf(id);
    const held = await history.revisionsAt(id, asked);
    if (!held) throw notFound(`There is no schedule "${id.slice(0, 64)}".`);
    const calendar = asked > now && current ? current : held.holding?.schedule;
    // Somebody who names the minute means what happened in it.
    const at = (minute && calendar && fireIn(calendar, asked, asked + 60_000)) || asked;
    const revisions = at === asked ? held : (await history.revisionsAt(id, at))!;
    const [row, pauses, pausesNow, downtime, clockBack, backfill] = await Promise.all([
      history.rowBefore(id, at),
      history.pausesAt(at, now),
      // One that began this very millisecond holds back what comes, too.
      history.pausesAt(now + 1, now),
      upTimes.downtimeAt(at),
      upTimes.stepBackAt(at),
      history.backfillOf(id, at),
    ]);
    const unavailable = current && this.#deps.suspensionOf?.(current);
    const told = { row, pauses, pausesNow, unavailable, downtime, clockBack, backfill };
    const explanation = explain({ at, now, ...revisions, current, ...told });
    const shown = explanation.revision?.schedule ?? schedule;
    return {
      schedule: shown,
      explanation,
      lines: explainWords(shown, explanation, now, this.#nameOf(shown)),
    };
  }

  /** The clock jumped over it: what became of the fire is told by the instant at which the gap ended. */
  async #lost(
    schedule: Schedule,
    { local, change, minute }: AskedTime & { kind: "lost" },
    now: Instant,
  ): Promise<Explained> {
    const end = await this.#at(schedule, change.at, false, now);
    const told = wallText(local).replace("T", " ").replace(/:00$/, "");
    const lost = { at: change.at, local: wallText(local) };
    const [subject] = end.lines;
    const meant = meantBy(end.schedule, local, minute, end.explanation.lost !== undefined);
    const asked = { lost, clockChange: change, meant };
    const answer = noSuchTimeText(end.schedule, asked, end.explanation, now);
    const [, atEnd, more] = end.lines;
    const behind = meant === "moved" ? `At its end: ${atEnd}` : `At its end: ${atEnd} ${more}`;
    return {
      schedule: end.schedule,
      explanation: { ...end.explanation, verdict: "no_such_time", clockChange: change, lost },
      lines: [subject.replace(/at \S+ \S+ \S+ \(/, `at ${told} (`), answer, behind],
    };
  }

  /** The clock showed it twice: the first time is explained, and the second is named. */
  #twice({ schedule, explanation, lines }: Explained, { again }: AskedTime & { kind: "twice" }): Explained {
    const [subject, answer, behind] = lines;
    const second = new Date(again).toISOString().replace(".000Z", "Z");
    const note = `That day the clock showed it twice; this is the first time, the second was ${second}.`;
    return { schedule, explanation, lines: [subject, answer, `${note} ${behind}`] };
  }
}

/** What the schedule had at a local time that the clock jumped over: a fire of its own, or none. */
function meantBy(
  { when }: Schedule,
  local: number,
  minute: boolean,
  isFixed: boolean,
): "moved" | "elapsed" | "none" {
  if (when.kind !== "cron") return "none";
  const expression = readCron(when.cron);
  const match = localTimesOf(expression).after(local - 1000);
  if (match === null || match >= local + (minute ? 60_000 : 1000)) return "none";
  if (!expression.fixed) return "elapsed";
  return isFixed ? "moved" : "none";
}
