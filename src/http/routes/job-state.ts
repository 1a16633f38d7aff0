// Routes of a job's durable values: to see what it remembers, and to set it right.
import { invalid, notFound } from "../../errors.ts";
import { valuesToSave } from "../../runs/job-values.ts";
import { maySee } from "../../access/principal.ts";
import type { CatalogEntry } from "../../catalog/version.ts";
import { shownKey } from "../address.ts";
import type { Call } from "../context.ts";
import { JobStateBody } from "../dto/job-state-body.ts";
import { maskParams } from "../present/secrets.ts";
import { text } from "../query.ts";
import { noContent, ok } from "../reply.ts";
import { BASE, route } from "../route.ts";
import type { JOB_STATE } from "../shapes/job-state.ts";
import type { Of } from "../shapes/shape.ts";
import { isoTimeOrNull } from "../time.ts";
import { callJob } from "./job-call.ts";

const MOST_SCHEDULES = 200;
const PATH = `${BASE}/jobs/:key/state`;
const query = {
  schedule: text(
    "The values of this schedule, for a job that keeps them by schedule; those of the job unless given",
  ),
};

type StateCall = Call<object, { schedule?: string | undefined }>;

export const jobStateRoutes = [
  route({
    method: "GET",
    path: PATH,
    role: "viewer",
    summary:
      "The durable values that the job keeps between runs (this.state); those with a secret are hidden",
    query,
    replies: { 200: "JobState" },
    async handle(call) {
      const entry = callJob(call);
      const state = await stateOf(call, entry);
      // What a deleted schedule has left is still shown.
      const { schedule } = call.query;
      const isEmpty = Object.keys(state.values).length === 0;
      if (schedule !== undefined && isEmpty && !(await isOwn(call, entry, schedule)))
        throw notFound(`The job "${shownKey(entry.key)}" has no schedule "${schedule.slice(0, 64)}".`);
      return ok(state);
    },
  }),
  route({
    method: "PUT",
    path: PATH,
    role: "editor",
    summary:
      "Sets all of its durable values; { secret: true } keeps a saved one. A run that goes on writes its own when it ends",
    query,
    body: JobStateBody,
    replies: { 200: "JobState" },
    async handle(call) {
      const { deps, body, about } = call;
      const entry = callJob(call);
      const scope = await scopeOf(call, entry);
      about({ before: await stateOf(call, entry) });
      const { values: saved } = await deps.jobValues.of(entry.source, entry.key, scope);
      const values = valuesToSave(body.values, saved, isShownSecret);
      await deps.jobValues.replace(entry.source, entry.key, scope, values, deps.clock.now());
      return ok(await stateOf(call, entry));
    },
  }),
  route({
    method: "DELETE",
    path: PATH,
    role: "editor",
    summary: "Forgets its durable values: the next run begins as the first one did",
    query,
    replies: { 204: null },
    async handle(call) {
      const { deps, about } = call;
      const entry = callJob(call);
      about({ before: await stateOf(call, entry) });
      await deps.jobValues.replace(
        entry.source,
        entry.key,
        call.query.schedule ?? "",
        new Map(),
        deps.clock.now(),
      );
      return noContent;
    },
  }),
];

async function stateOf(
  { deps, query }: StateCall,
  { source, key }: CatalogEntry,
): Promise<Of<typeof JOB_STATE>> {
  const [{ values, updatedAt }, schedules] = await Promise.all([
    deps.jobValues.of(source, key, query.schedule ?? ""),
    deps.jobValues.scopesOf(source, key, MOST_SCHEDULES),
  ]);
  return {
    job: shownKey(key),
    source,
    schedule: query.schedule ?? null,
    values: maskParams(Object.fromEntries(values), null),
    updatedAt: isoTimeOrNull(updatedAt),
    schedules,
  };
}

/** "" for the job; else a schedule of this job, or nobody would ever read what is written. */
async function scopeOf(call: StateCall, entry: CatalogEntry): Promise<string> {
  const { schedule } = call.query;
  if (schedule === undefined || (await isOwn(call, entry, schedule))) return schedule ?? "";
  const message = "is no schedule of this job; GET /schedules?job= lists them";
  throw invalid([{ pointer: "/query/schedule", code: "unknown_schedule", message }]);
}

function isShownSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return (value as { secret?: unknown }).secret === true && Object.keys(value).length === 1;
}

async function isOwn({ deps, principal }: StateCall, entry: CatalogEntry, id: string): Promise<boolean> {
  const schedule = await deps.schedules.get(id);
  return (
    schedule !== undefined &&
    maySee(principal, schedule.source) &&
    schedule.source === entry.source &&
    schedule.jobKey === entry.key
  );
}
