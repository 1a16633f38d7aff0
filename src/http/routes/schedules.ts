// Routes of schedules: making, reading, changing and ending them, and a look at what a cron text would do.
import { maySee } from "../../access/principal.ts";
import { addressOf, type CatalogEntry } from "../../catalog/version.ts";
import { ExpectedError, invalid, notFound } from "../../errors.ts";
import type { Schedule } from "../../schedules/schedule.ts";
import { findJob } from "../address.ts";
import type { Call } from "../context.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import { CreateScheduleBody, PatchScheduleBody, PreviewBody } from "../dto/schedule-bodies.ts";
import { etagOf, expectedRevision } from "../etag.ts";
import { PAGE_QUERY } from "../paging.ts";
import { presentNextFire } from "../present/schedule.ts";
import { text } from "../query.ts";
import { created, list, noContent, ok, type Reply } from "../reply.ts";
import { BASE, route } from "../route.ts";
import { viewSchedules } from "../schedule-views.ts";

type AnyRequest = Call<object, object>;

const NEXT_FIRES = 5;
const SORT = "id";
const MERGE_PATCH = "application/merge-patch+json";

export const scheduleRoutes = [
  route({
    method: "GET",
    path: `${BASE}/schedules`,
    role: "viewer",
    summary: "All schedules, oldest first",
    query: {
      ...PAGE_QUERY,
      job: text("Only schedules of this job, by key or source:key"),
      source: text("Only schedules of this source"),
    },
    replies: { 200: "ScheduleList" },
    async handle(call) {
      const { deps, principal, query } = call;
      const entry = query.job === undefined ? undefined : jobNamed(call, query.job, "/query/job");
      const found = await deps.schedules.list({
        source: query.source,
        sources: principal.sources ?? undefined,
        jobs: entry ? [addressOf(entry.source, entry.key)] : undefined,
        limit: query.limit + 1,
        after: decodeCursor(query.cursor, SORT),
      });
      const page = found.slice(0, query.limit);
      const hasMore = found.length > page.length;
      const next = hasMore ? encodeCursor(SORT, page.at(-1)!.id) : null;
      return list(await viewSchedules(deps, page, NEXT_FIRES), { next, hasMore });
    },
  }),
  route({
    method: "POST",
    path: `${BASE}/schedules`,
    role: "editor",
    summary: "Makes a schedule from cron, every or at",
    body: CreateScheduleBody,
    replies: { 201: "Schedule" },
    async handle(call) {
      const { job, ...fields } = call.body;
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
    path: `${BASE}/schedules/preview`,
    role: "viewer",
    summary: "What a cron text, an interval or an instant means: a sentence, the next fires, warnings",
    body: PreviewBody,
    replies: { 200: "SchedulePreview" },
    handle({ deps, body }) {
      const preview = deps.schedules.preview({ ...body });
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
      return reply(call, await findSchedule(call, idOf(call)));
    },
  }),
  route({
    method: "PATCH",
    path: `${BASE}/schedules/:id`,
    role: "editor",
    summary: "Changes a schedule by merge patch; needs If-Match",
    body: PatchScheduleBody,
    bodyTypes: [MERGE_PATCH],
    replies: { 200: "Schedule" },
    async handle(call) {
      const { deps, body } = call;
      const { id } = await findSchedule(call, idOf(call));
      const expected = expectedRevision(call.header("If-Match"), "required");
      return reply(call, await deps.schedules.patch(id, { ...body }, expected, actorOf(call)));
    },
  }),
  route({
    method: "DELETE",
    path: `${BASE}/schedules/:id`,
    role: "editor",
    summary: "Ends a schedule: its waiting runs are cancelled, its history stays; takes If-Match",
    replies: { 204: null },
    async handle(call) {
      const { id } = await findSchedule(call, idOf(call));
      const expected = expectedRevision(call.header("If-Match"), "optional");
      await call.deps.schedules.remove(id, expected, actorOf(call));
      return noContent;
    },
  }),
];

function idOf({ params }: AnyRequest): string {
  return params["id"] ?? "";
}

async function findSchedule({ deps, principal }: AnyRequest, id: string): Promise<Schedule> {
  const schedule = await deps.schedules.get(id);
  if (schedule && maySee(principal, schedule.source)) return schedule;
  throw notFound(`There is no schedule "${id.slice(0, 64)}".`);
}

/** A job named in a field: not being there is a wrong field, not a wrong address. */
function jobNamed({ deps, principal }: AnyRequest, name: string, pointer: string): CatalogEntry {
  try {
    return findJob(deps.jobs, deps.params.nearest, principal, name);
  } catch (error) {
    if (!(error instanceof ExpectedError) || error.status !== 404) throw error;
    throw invalid([{ pointer, code: "unknown_job", message: error.message }]);
  }
}

/** `token:ci`, `local`: who is written down as having changed the schedule. */
function actorOf({ principal }: AnyRequest): string {
  return principal.type === "local" ? "local" : `${principal.type}:${principal.name}`;
}

async function reply(call: AnyRequest, schedule: Schedule): Promise<Reply> {
  const [shown] = await viewSchedules(call.deps, [schedule], NEXT_FIRES);
  return ok(shown, { ETag: etagOf(schedule.revision) });
}

async function createdReply(call: AnyRequest, schedule: Schedule): Promise<Reply> {
  const { body, headers } = await reply(call, schedule);
  return created(schedule.id, body, { ...headers, Location: `${BASE}/schedules/${schedule.id}` });
}
