// Routes of jobs: what is loaded, whether params would do, and starting a run.
import { maySee, type Principal } from "../../access/principal.ts";
import { addressOf, type CatalogEntry } from "../../catalog/version.ts";
import { conflict } from "../../errors.ts";
import { BUILTIN, shownKey } from "../address.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import { TriggerBody, ValidateBody } from "../dto/run-bodies.ts";
import { viewJob, viewJobs } from "../job-views.ts";
import { PAGE_QUERY } from "../paging.ts";
import type { FaceDeps } from "../ports.ts";
import { maskParams } from "../present/secrets.ts";
import { choices, oneOf, text } from "../query.ts";
import { list, ok } from "../reply.ts";
import { BASE, route } from "../route.ts";
import { callJob } from "./job-call.ts";
import { answerTriggered, findRun } from "./run-replies.ts";

const LOAD_STATES = ["ready", "stale", "error", "missing", "invalid"] as const;

const JOBS_QUERY = {
  ...PAGE_QUERY,
  source: choices("Only jobs of these sources"),
  loadState: choices("Only jobs in these load states", LOAD_STATES),
  q: text("Occurs in the key or the name"),
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
      const after = decodeCursor(query.cursor, query.sort);
      const found = visibleJobs(deps, principal)
        .filter(
          (entry) =>
            (query.source ? fits(entry.source, query.source) : entry.source !== BUILTIN) &&
            fits(entry.loadState, query.loadState) &&
            mentions(entry, query.q) &&
            (after === undefined || addressOf(entry.source, entry.key) > after),
        )
        .slice(0, query.limit + 1);
      const page = found.slice(0, query.limit);
      const hasMore = found.length > page.length;
      const last = page.at(-1);
      const next = hasMore && last ? encodeCursor(query.sort, addressOf(last.source, last.key)) : null;
      return list(await viewJobs(deps, page, 1), { next, hasMore });
    },
  }),
  route({
    method: "GET",
    path: `${BASE}/jobs/:key`,
    role: "viewer",
    summary: "One job: its spec, params schema, load state, schedules and last runs",
    replies: { 200: "Job" },
    async handle(call) {
      return ok(await viewJob(call.deps, callJob(call)));
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
        trigger: principal.type === "local" ? "cli" : "api",
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

function visibleJobs(deps: FaceDeps, principal: Principal): CatalogEntry[] {
  return deps.jobs
    .entries()
    .filter((entry) => maySee(principal, entry.source))
    .sort((a, b) => (addressOf(a.source, a.key) < addressOf(b.source, b.key) ? -1 : 1));
}

function fits<T>(value: T, choice: { in: readonly T[]; notIn: readonly T[] } | undefined): boolean {
  if (!choice) return true;
  return (choice.in.length === 0 || choice.in.includes(value)) && !choice.notIn.includes(value);
}

function mentions(entry: CatalogEntry, q: string | undefined): boolean {
  if (q === undefined) return true;
  const wanted = q.toLowerCase();
  return shownKey(entry.key).includes(wanted) || (entry.spec?.name.toLowerCase().includes(wanted) ?? false);
}
