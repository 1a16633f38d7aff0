// Routes of schedules: making, reading, changing and ending them, and a look at what a cron text would do.
import { invalid, notFound } from "../../errors.ts";
import { addressOf } from "../../catalog/version.ts";
import type { ScheduleChoice } from "../../schedules/schedule.ts";
import { requireExpected } from "../../schedules/expected.ts";
import { shownKey } from "../address.ts";
import type { Call } from "../context.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import {
  CreateScheduleBody,
  PatchScheduleBody,
  PreviewBody,
  ReplaceScheduleBody,
} from "../dto/schedule-bodies.ts";
import { ValidateBody } from "../dto/run-bodies.ts";
import { expectedRevision } from "../etag.ts";
import { jobsAsked } from "../jobs-asked.ts";
import { LIST_QUERY, MOST_COUNTED } from "../paging.ts";
import { presentDropped, presentEffect } from "../present/pause.ts";
import { presentNextFire } from "../present/schedule.ts";
import { choices, oneOf, type QueryOf } from "../query.ts";
import { list, noContent, ok, type Page } from "../reply.ts";
import { BASE, route } from "../route.ts";
import { viewSchedules } from "../schedule-views.ts";
import { usualDurationOf } from "../usual-duration.ts";
import { callJob } from "./job-call.ts";
import { wrongFields } from "./schedule-input.ts";
import {
  actorOf,
  atItsRevision,
  createdReply,
  findSchedule,
  findToChange,
  idOf,
  jobNamed,
  NEXT_FIRES,
  scheduleReply,
} from "./schedule-replies.ts";

const SCHEDULES_QUERY = {
  ...LIST_QUERY,
  job: choices("Only schedules of these jobs, by key or source:key"),
  source: choices("Only schedules of these sources"),
  sort: oneOf("By when they were made; - is newest first", ["createdAt", "-createdAt"], "createdAt"),
};
const MERGE_PATCH = "application/merge-patch+json";

/** A token limited to sources gets a choice that holds no other, whatever it asks for. */
function chosenBy(call: Call<object, QueryOf<typeof SCHEDULES_QUERY>>): ScheduleChoice {
  const { principal, query } = call;
  const asked = query.source?.in.length ? query.source.in : undefined;
  const own = principal.sources;
  const jobs = (names: readonly string[] | undefined) =>
    names?.length ? jobsAsked(call, names).map(({ source, key }) => addressOf(source, key)) : undefined;
  return {
    sources: own === null ? asked : (asked ?? own).filter((source) => own.includes(source)),
    notSources: query.source?.notIn,
    jobs: jobs(query.job?.in),
    notJobs: jobs(query.job?.notIn),
  };
}

export const scheduleRoutes = [
  route({
    method: "GET",
    path: `${BASE}/schedules`,
    role: "viewer",
    summary: "All schedules, oldest first",
    query: SCHEDULES_QUERY,
    replies: { 200: "ScheduleList" },
    async handle(call) {
      const { deps, query } = call;
      const choice = chosenBy(call);
      const [found, count] = await Promise.all([
        deps.schedules.list({
          ...choice,
          limit: query.limit + 1,
          after: decodeCursor(query.cursor, query.sort),
          order: query.sort === "createdAt" ? "oldest" : "newest",
        }),
        query.count ? deps.schedules.count(choice, MOST_COUNTED) : undefined,
      ]);
      const rows = found.slice(0, query.limit);
      const hasMore = found.length > rows.length;
      const page: Page = { next: hasMore ? encodeCursor(query.sort, rows.at(-1)!.id) : null, hasMore };
      if (count) {
        page.count = count.count;
        if (count.capped) page.countCapped = true;
      }
      const views = await viewSchedules(deps, rows, NEXT_FIRES);
      return list(
        views.map(({ shown }) => shown),
        page,
      );
    },
  }),
  route({
    method: "POST",
    path: `${BASE}/schedules`,
    role: "editor",
    summary: "Makes a schedule from cron, every or at",
    body: CreateScheduleBody,
    replies: { 201: "Schedule" },
    alsoWrong: wrongFields,
    async handle(call) {
      const { job, ...fields } = call.body;
      const wrong = wrongFields(call);
      // Of a job that is there its own rules come in, too, and are told by whoever makes the schedule.
      if (wrong.some(({ pointer }) => pointer === "/job")) throw invalid(wrong);
      const entry = jobNamed(call, job, "/job");
      const schedule = await call.deps.schedules.create(
        { source: entry.source, jobKey: entry.key, fields, idempotency: call.idempotency },
        actorOf(call),
      );
      return createdReply(call, schedule);
    },
    async replay(call, id) {
      return createdReply(call, await findSchedule(call, id));
    },
  }),
  route({
    method: "POST",
    path: `${BASE}/jobs/:key/suggested-schedules/:n/accept`,
    role: "editor",
    summary: "Makes the schedule that a job suggests in its code, with other params where they are given",
    action: "jobs.suggested-schedules.accept",
    body: ValidateBody,
    bodyOptional: true,
    replies: { 201: "Schedule" },
    async handle(call) {
      const { source, key, spec } = callJob(call);
      const n = call.params["n"] ?? "";
      const suggested = /^\d{1,3}$/.test(n) ? spec?.schedules[Number(n)] : undefined;
      if (!suggested) {
        const count = spec?.schedules.length ?? 0;
        throw notFound(
          `The job "${shownKey(key)}" suggests no schedule ${n.slice(0, 20)}; it suggests ${count}.`,
        );
      }
      const schedule = await call.deps.suggestions.accept(
        {
          source,
          jobKey: key,
          suggestion: suggested,
          suggestions: spec!.schedules,
          params: call.body.params,
          idempotency: call.idempotency,
        },
        actorOf(call),
      );
      return createdReply(call, schedule);
    },
    async replay(call, id) {
      return createdReply(call, await findSchedule(call, id));
    },
  }),
  route({
    method: "POST",
    path: `${BASE}/schedules/preview`,
    role: "viewer",
    summary: "What a cron text, an interval or an instant means: a sentence, the next fires, warnings",
    body: PreviewBody,
    audit: "never",
    replies: { 200: "SchedulePreview" },
    async handle(call) {
      const { deps } = call;
      const { job, ...when } = call.body;
      const entry = (job ?? null) === null ? undefined : jobNamed(call, job!, "/job");
      const usual = entry && (await usualDurationOf(deps, entry));
      const preview = deps.schedules.preview(when, { usual, overlap: entry?.spec?.overlap });
      return ok({
        sentence: preview.sentence,
        timeZone: preview.timeZone,
        nextFires: preview.nextFires.map(presentNextFire),
        warnings: preview.warnings,
      });
    },
  }),
  route({
    method: "GET",
    path: `${BASE}/schedules/:id`,
    role: "viewer",
    summary: "One schedule; its ETag is what If-Match takes",
    replies: { 200: "Schedule" },
    async handle(call) {
      return scheduleReply(call, await findSchedule(call, idOf(call)));
    },
  }),
  route({
    method: "PATCH",
    path: `${BASE}/schedules/:id`,
    role: "editor",
    summary:
      "Changes a schedule by merge patch; needs If-Match. dryRun says what it would do to fires that are owed",
    body: PatchScheduleBody,
    bodyTypes: [MERGE_PATCH],
    requires: ["If-Match"],
    replies: { 200: "ScheduleOrEffect" },
    precondition: atItsRevision,
    async handle(call) {
      const { schedules } = call.deps;
      const { dryRun, ...patch } = call.body;
      const { id } = await findToChange(call);
      const expected = expectedRevision(call.header("If-Match"), "required");
      if (dryRun) return ok(presentEffect(await schedules.wouldPatch(id, patch, expected, actorOf(call))));
      const { schedule, droppedSkips } = await schedules.patchAndTell(id, patch, expected, actorOf(call));
      const { body, headers } = await scheduleReply(call, schedule);
      return ok({ ...(body as object), ...presentDropped(droppedSkips) }, headers);
    },
  }),
  route({
    method: "PUT",
    path: `${BASE}/schedules/:id`,
    role: "editor",
    summary:
      "Sets a schedule as a whole: what is not given has its default; needs If-Match. It stays with its job",
    body: ReplaceScheduleBody,
    requires: ["If-Match"],
    replies: { 200: "Schedule" },
    precondition: atItsRevision,
    async handle(call) {
      const { job, ...fields } = call.body;
      const schedule = await findToChange(call);
      const expected = expectedRevision(call.header("If-Match"), "required");
      requireExpected("schedule", schedule.revision, expected);
      const named = (job ?? null) === null ? undefined : jobNamed(call, job!, "/job");
      if (named && (named.source !== schedule.source || named.key !== schedule.jobKey)) {
        const message = `is another job; the schedule stays with ${shownKey(schedule.jobKey)}. POST …/copy makes one for another`;
        throw invalid([{ pointer: "/job", code: "fixed", message }]);
      }
      const changed = await call.deps.schedules.replaceAndTell(schedule.id, fields, expected, actorOf(call));
      const { body, headers } = await scheduleReply(call, changed.schedule);
      return ok({ ...(body as object), ...presentDropped(changed.droppedSkips) }, headers);
    },
  }),
  route({
    method: "DELETE",
    path: `${BASE}/schedules/:id`,
    role: "editor",
    summary: "Ends a schedule: its waiting runs are cancelled, its history stays; takes If-Match",
    takes: ["If-Match"],
    replies: { 204: null },
    async handle(call) {
      const { id } = await findToChange(call);
      const expected = expectedRevision(call.header("If-Match"), "optional");
      await call.deps.schedules.remove(id, expected, actorOf(call));
      return noContent;
    },
  }),
];
