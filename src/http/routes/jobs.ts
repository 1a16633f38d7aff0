// Routes of jobs: what is loaded, whether params would do, and starting a run.
import { maySee, type Principal } from "../../access/principal.ts";
import { addressOf, type CatalogEntry } from "../../catalog/version.ts";
import { conflict } from "../../errors.ts";
import { requireExpected } from "../../schedules/expected.ts";
import { BUILTIN, shownKey } from "../address.ts";
import { PatchJobBody } from "../dto/job-bodies.ts";
import { TriggerBody, ValidateBody } from "../dto/run-bodies.ts";
import { etagOf, expectedRevision } from "../etag.ts";
import { RECENT_RUNS, viewJob, viewJobs } from "../job-views.ts";
import { LIST_QUERY, pageOf } from "../paging.ts";
import { presentEffect } from "../present/pause.ts";
import { maskParams } from "../present/secrets.ts";
import { choices, fits, flag, integer, oneOf, text } from "../query.ts";
import { list, ok, type Reply } from "../reply.ts";
import { BASE, route } from "../route.ts";
import { callJob } from "./job-call.ts";
import { answerTriggered, findRun } from "./run-replies.ts";
import { actorOf, type AnyRequest } from "./schedule-replies.ts";

const MERGE_PATCH = "application/merge-patch+json";
const LOAD_STATES = ["ready", "stale", "error", "missing", "invalid"] as const;

const JOBS_QUERY = {
  ...LIST_QUERY,
  source: choices("Only jobs of these sources"),
  loadState: choices("Only jobs in these load states", LOAD_STATES),
  q: text("Occurs in the key or the name"),
  brief: flag("true: of each job only what a list shows, without its spec, its params and its load error"),
  recentRuns: integer("How many of its last runs", 0, RECENT_RUNS, RECENT_RUNS),
  sort: oneOf("By source and key", ["address"], "address"),
};

export const jobRoutes = [
  route({
    method: "GET",
    path: `${BASE}/jobs`,
    role: "viewer",
    summary:
      "All jobs, with their load state, schedules and last runs; the built-in ones only when source asks for them",
    query: JOBS_QUERY,
    replies: { 200: "JobList" },
    async handle({ deps, principal, query }) {
      const found = deps.jobs
        .entries()
        .filter(
          (entry) =>
            maySee(principal, entry.source) &&
            (query.source ? fits(entry.source, query.source) : entry.source !== BUILTIN) &&
            fits(entry.loadState, query.loadState) &&
            mentions(entry, query.q),
        );
      const { rows, page } = pageOf(found, ({ source, key }) => addressOf(source, key), query.sort, query);
      const { brief = false, recentRuns } = query;
      return list(await viewJobs(deps, rows, { brief, recentRuns }), page);
    },
  }),
  route({
    method: "GET",
    path: `${BASE}/jobs/:key`,
    role: "viewer",
    summary:
      "One job: its spec, params schema, load state, schedules and last runs; its ETag is of what PATCH sets",
    replies: { 200: "Job" },
    async handle(call) {
      return jobReply(call, callJob(call));
    },
  }),
  route({
    method: "PATCH",
    path: `${BASE}/jobs/:key`,
    role: "editor",
    summary:
      "Sets timeout, retries, overlap, concurrency, maxFailedShare and notes above what the job declares, and switches it off and on; null takes back; needs If-Match. dryRun says what switching it on or off would do to fires",
    body: PatchJobBody,
    bodyTypes: [MERGE_PATCH],
    requires: ["If-Match"],
    replies: { 200: "JobOrEffect" },
    precondition(call) {
      const { settings } = callJob(call);
      requireExpected("job", settings.revision, expectedRevision(call.header("If-Match"), "required"));
    },
    async handle(call) {
      const entry = callJob(call);
      const { deps, about } = call;
      const { dryRun, ...patch } = call.body;
      const expected = expectedRevision(call.header("If-Match"), "required");
      if (dryRun) {
        const { effect, schedules } = await deps.jobSettings.wouldPatch(entry, patch, expected);
        return ok({ ...presentEffect(effect), schedules });
      }
      about({ before: await viewJob(deps, entry) });
      const { source, key } = entry;
      const changed = await deps.jobSettings.patch(source, key, patch, expected, actorOf(call));
      return jobReply(call, changed);
    },
  }),
  route({
    method: "POST",
    path: `${BASE}/jobs/:key/runs`,
    role: "operator",
    summary: "Starts a run; Prefer: wait=N answers when it has ended, or after N seconds",
    body: TriggerBody,
    bodyOptional: true,
    takes: ["Prefer"],
    audit: "after",
    replies: { 202: "Run" },
    async handle(call) {
      const entry = callJob(call);
      const { deps, principal, body } = call;
      const run = await deps.runs.trigger({
        source: entry.source,
        jobKey: entry.key,
        params: body.params ?? {},
        priority: body.priority,
        delayMs: body.delayMs,
        onBusy: body.onBusy,
        trigger: triggerOf(principal),
        actor: { type: principal.type, name: principal.name },
        idempotency: call.idempotency,
      });
      return answerTriggered(call, run);
    },
    async replay(call, id) {
      return answerTriggered(call, await findRun(call, id));
    },
  }),
  route({
    method: "POST",
    path: `${BASE}/jobs/:key/validate`,
    role: "viewer",
    summary: "Whether params would do: the values as the job would get them, or 422",
    body: ValidateBody,
    audit: "never",
    replies: { 200: "ValidatedParams" },
    handle(call) {
      const { spec, key } = callJob(call);
      if (!spec) {
        throw conflict("not_loaded", `The job "${shownKey(key)}" never loaded, so its params are not known.`);
      }
      return ok({ params: maskParams(call.deps.params.check(spec, call.body.params ?? {}), spec) });
    },
  }),
];

/** Who comes with a session presses a button of the page; who comes with a token is a program. */
function triggerOf({ type, session }: Principal): "cli" | "manual" | "api" {
  if (type === "local") return "cli";
  return session === undefined ? "api" : "manual";
}

function mentions(entry: CatalogEntry, q: string | undefined): boolean {
  if (q === undefined) return true;
  const wanted = q.toLowerCase();
  return shownKey(entry.key).includes(wanted) || (entry.spec?.name.toLowerCase().includes(wanted) ?? false);
}

async function jobReply({ deps }: AnyRequest, entry: CatalogEntry): Promise<Reply> {
  return ok(await viewJob(deps, entry), { ETag: etagOf(entry.settings.revision) });
}
