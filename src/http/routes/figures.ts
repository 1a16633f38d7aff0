// Routes of figures and of looks ahead: the overview's numbers, those of a job, the next fires, the next clock changes.
import { setImmediate as pause } from "node:timers/promises";
import type { Instant } from "../../clock.ts";
import { invalid } from "../../errors.ts";
import { shownKey } from "../address.ts";
import { clockChanges, nextOfAll, seenSchedules } from "../agenda.ts";
import { medianGap, overlapWarning, quantile, smallestGap } from "../cadence.ts";
import type { Call } from "../context.ts";
import { MAX_PAGE } from "../paging.ts";
import { presentFire } from "../present/fire.ts";
import { instant, integer, text } from "../query.ts";
import { list, ok } from "../reply.ts";
import { BASE, route } from "../route.ts";
import { maySee } from "../../access/principal.ts";
import type { RunState } from "../../runs/task-run.ts";
import { BUILTIN } from "../address.ts";
import { isoTime, isoTimeOrNull } from "../time.ts";
import { callJob } from "./job-call.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MAX_COUNT = 10_000;
/** Fires that tell how often a schedule is to run. */
const CADENCE_FIRES = 100;
const SCHEDULES_OF_JOB = 100;

const WITHIN_DAYS = integer("So many days ahead", 1, 400, 7);

export const figureRoutes = [
  route({
    method: "GET",
    path: `${BASE}/stats`,
    role: "viewer",
    summary:
      "Figures of an overview: runs by state since a time (24 h), what waits and runs, load errors, next fires",
    query: { since: instant("Count runs queued at or after this; 24h unless given") },
    replies: { 200: "Stats" },
    async handle(call) {
      const { deps, principal, query } = call;
      const now = deps.clock.now();
      const since = query.since ?? now - DAY;
      const seen = await seenSchedules(deps, principal);
      const [ended, open, due] = await Promise.all([
        countsOf(call, ["succeeded", "failed", "cancelled", "skipped"], since),
        countsOf(call, ["queued", "running", "retrying"]),
        nextOfAll(deps, seen, now + HOUR, MAX_PAGE),
      ]);
      const [next] = due.length > 0 ? due : await nextOfAll(deps, seen, Infinity, 1);
      return ok({
        since: isoTime(since),
        now: isoTime(now),
        ended,
        open,
        jobs: deps.jobs.entries().filter(({ source }) => source !== BUILTIN && maySee(principal, source))
          .length,
        loadErrors: deps.jobs.loadErrors().filter(({ source }) => maySee(principal, source)).length,
        schedules: {
          all: seen.schedules.length,
          enabled: seen.schedules.filter(({ enabled }) => enabled).length,
          dueWithinHour: due.length,
        },
        next: isoTimeOrNull(next?.fire.at ?? null),
        partial: seen.partial,
      });
    },
  }),
  route({
    method: "GET",
    path: `${BASE}/stats/hours`,
    role: "viewer",
    summary:
      "Runs by the hour in which they were queued, and by their state now; 24 hours unless since says otherwise",
    query: { since: instant("From the hour of this instant on; at most 7 days back") },
    replies: { 200: "HourStats" },
    async handle({ deps, principal, query }) {
      const now = deps.clock.now();
      const asked = query.since ?? now - DAY + HOUR;
      if (asked > now || now - asked > 7 * DAY) {
        throw invalid([{ pointer: "/query/since", code: "range", message: "must be at most 7 days back" }]);
      }
      const since = asked - (asked % HOUR);
      const { counts, partial } = await deps.figures.byHour(since, principal.sources);
      const hours = [];
      for (let at = since; at <= now; at += HOUR) {
        const runs = counts
          .filter(({ hour }) => hour === at)
          .map(({ state, count }) => [state, count] as const);
        hours.push({ at: isoTime(at), runs: Object.fromEntries(runs) });
      }
      return ok({ since: isoTime(since), hours, partial });
    },
  }),
  route({
    method: "GET",
    path: `${BASE}/jobs/:key/stats`,
    role: "viewer",
    summary:
      "Figures of a job: runs by state, durations, records, declared and achieved cadence, close_to_overlap",
    query: { since: instant("Of runs queued at or after this; 30d unless given") },
    replies: { 200: "JobStats" },
    async handle(call) {
      const { deps, query } = call;
      const { source, key } = callJob(call);
      const since = query.since ?? deps.clock.now() - 30 * DAY;
      const [figures, schedules] = await Promise.all([
        deps.figures.ofJob(source, key, since),
        deps.schedules.list({ source, jobKey: key, limit: SCHEDULES_OF_JOB }),
      ]);
      const enabled = schedules.filter((schedule) => schedule.enabled);
      const each: Instant[][] = [];
      for (const schedule of enabled) {
        // A hundred schedules of a hundred fires are half a second.
        await pause();
        each.push(deps.schedules.describe(schedule, CADENCE_FIRES).nextFires.map(({ at }) => at));
      }
      // Behind the end of the shortest list the others would seem alone.
      const end = Math.min(
        ...each.filter((fires) => fires.length === CADENCE_FIRES).map((fires) => fires.at(-1)!),
      );
      const fires = [...new Set(each.flat().filter((at) => at <= end))].sort((a, b) => a - b);
      const durations = [...figures.durationsMs].sort((a, b) => a - b);
      const declared = new Set(enabled.map(({ id }) => id));
      const starts = figures.starts.filter(({ scheduleId }) => declared.has(scheduleId));
      return ok({
        job: shownKey(key),
        source,
        since: isoTime(since),
        runs: figures.byState,
        durationMs: {
          p50: quantile(durations, 0.5),
          p95: quantile(durations, 0.95),
          of: durations.length,
        },
        records: figures.records,
        cadence: {
          declaredMs: medianGap(fires),
          shortestMs: smallestGap(fires),
          achievedMs: medianGap(starts.map(({ at }) => at)),
        },
        warnings: overlapWarning(durations, smallestGap(fires)),
        partial: figures.partial,
      });
    },
  }),
  route({
    method: "GET",
    path: `${BASE}/upcoming`,
    role: "viewer",
    summary: "The next fires over all schedules, in order",
    query: {
      days: WITHIN_DAYS,
      limit: integer("Fires that are listed", 1, MAX_PAGE, 50),
      source: text("Only of this source"),
    },
    replies: { 200: "PlannedFireList" },
    async handle({ deps, principal, query }) {
      const seen = await seenSchedules(deps, principal, query.source);
      const until = deps.clock.now() + query.days * DAY;
      const found = await nextOfAll(deps, seen, until, query.limit + 1);
      const shown = found.slice(0, query.limit).map(presentFire);
      // There is no page after this one: what is due then is asked for then.
      return list(shown, { next: null, hasMore: found.length > shown.length, ...partial(seen) });
    },
  }),
  route({
    method: "GET",
    path: `${BASE}/clock-changes`,
    role: "viewer",
    summary:
      "The next clock changes (daylight saving time) of the zones in use, and the schedules that each touches",
    query: { days: { ...WITHIN_DAYS, absent: 200 }, source: text("Only schedules of this source") },
    replies: { 200: "ClockChangeList" },
    async handle({ deps, principal, query }) {
      const seen = await seenSchedules(deps, principal, query.source);
      const now = deps.clock.now();
      const changes = await clockChanges(seen, now, now + query.days * DAY);
      const shown = changes.map(({ timeZone, change, touched }) => ({
        at: isoTime(change.at),
        timeZone,
        offsetBefore: offsetText(change.before),
        offsetAfter: offsetText(change.after),
        schedules: touched.map(({ schedule, message }) => ({
          schedule: schedule.id,
          name: schedule.name,
          job: shownKey(schedule.jobKey),
          source: schedule.source,
          message,
        })),
      }));
      return list(shown, { next: null, hasMore: false, ...partial(seen) });
    },
  }),
];

/** Runs in each of these states, within what the principal may see. */
async function countsOf<S extends RunState>(
  { deps, principal }: Call<object, object>,
  states: readonly S[],
  since?: number,
): Promise<Record<S, { count: number; capped: boolean }>> {
  const counts = await Promise.all(
    states.map(async (state) => {
      const filter = { states: [state], since, sources: principal.sources ?? undefined, limit: 1 };
      return [state, await deps.runQueries.count(filter, MAX_COUNT)] as const;
    }),
  );
  return Object.fromEntries(counts) as Record<S, { count: number; capped: boolean }>;
}

function partial(seen: { partial: boolean }): { partial?: boolean } {
  return seen.partial ? { partial: true } : {};
}

/** `+02:00` */
function offsetText(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${ms < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
