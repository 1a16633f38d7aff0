// What several routes of schedules need: finding one, naming who changes it, and answering it.
import { maySee } from "../../access/principal.ts";
import type { CatalogEntry } from "../../catalog/version.ts";
import { ExpectedError, invalid, notFound } from "../../errors.ts";
import type { Schedule } from "../../schedules/schedule.ts";
import type { Call } from "../context.ts";
import { requireExpected } from "../../schedules/expected.ts";
import { etagOf, expectedRevision } from "../etag.ts";
import { created, ok, type Reply } from "../reply.ts";
import { BASE } from "../route.ts";
import { viewSchedules } from "../schedule-views.ts";
import { callJob } from "./job-call.ts";

export type AnyRequest = Call<object, object>;

export const NEXT_FIRES = 5;

export function idOf({ params }: AnyRequest): string {
  return params["id"] ?? "";
}

/** The schedule of the path, if the principal may see its source; 404 otherwise. */
export async function findSchedule({ deps, principal, about }: AnyRequest, id: string): Promise<Schedule> {
  const schedule = await deps.schedules.get(id);
  if (schedule && maySee(principal, schedule.source)) {
    about({ source: schedule.source, target: id });
    return schedule;
  }
  throw notFound(`There is no schedule "${id.slice(0, 64)}".`);
}

/** The schedule of the path, and for the audit log how it is before the change. */
export async function findToChange(call: AnyRequest): Promise<Schedule> {
  const schedule = await findSchedule(call, idOf(call));
  const [view] = await viewSchedules(call.deps, [schedule], 0);
  call.about({ before: view!.shown });
  return schedule;
}

/** That there is a schedule to change, and at a revision that If-Match names. */
export async function atItsRevision(call: AnyRequest): Promise<void> {
  const { revision } = await findSchedule(call, idOf(call));
  requireExpected("schedule", revision, expectedRevision(call.header("If-Match"), "required"));
}

/** A job named in a field: not being there is a wrong field, not a wrong address. */
export function jobNamed(call: AnyRequest, name: string, pointer: string): CatalogEntry {
  try {
    return callJob(call, name);
  } catch (error) {
    if (!(error instanceof ExpectedError) || error.status !== 404) throw error;
    throw invalid([{ pointer, code: "unknown_job", message: error.message }]);
  }
}

/** `token:ci`, `local`: who is written down as having changed something. */
export function actorOf({ principal }: AnyRequest): string {
  return principal.type === "local" ? "local" : `${principal.type}:${principal.name}`;
}

export async function scheduleReply(call: AnyRequest, schedule: Schedule): Promise<Reply> {
  const [view] = await viewSchedules(call.deps, [schedule], NEXT_FIRES);
  return ok(view!.shown, { ETag: etagOf(schedule.revision) });
}

export async function createdReply(call: AnyRequest, schedule: Schedule): Promise<Reply> {
  const { body, headers } = await scheduleReply(call, schedule);
  return created(schedule.id, body, { ...headers, Location: `${BASE}/schedules/${schedule.id}` });
}
