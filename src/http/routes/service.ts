// Routes about the service itself: sources, load errors, what it can do, and whether it is alive and ready.
import { maySee } from "../../access/principal.ts";
import { atLeast } from "../../access/role.ts";
import { addressOf, type LoadState } from "../../catalog/version.ts";
import { MAX_BODY_BYTES } from "../middleware/read-body.ts";
import { LIST_QUERY, MAX_PAGE, pageOf } from "../paging.ts";
import { shownKey } from "../address.ts";
import type { Call } from "../context.ts";
import { type JobName, jobsAsked } from "../jobs-asked.ts";
import type { FaceDeps, FailedLoad, HealthCheck, SourceState } from "../ports.ts";
import { presentFailedLoad, presentSource } from "../present/job.ts";
import { type Choice, choices, fits, oneOf } from "../query.ts";
import { notFound } from "../../errors.ts";
import { list, ok, type Reply } from "../reply.ts";
import { BASE, route } from "../route.ts";
import { isoTime } from "../time.ts";

const SOURCE_STATES = ["available", "unavailable"] as const;
/** Of what can fail to load; a job that is `missing` has no error. */
const FAILED_STATES = ["stale", "error", "invalid"] as const;

const SOURCES_QUERY = {
  ...LIST_QUERY,
  state: choices("Only sources in these states", SOURCE_STATES),
  sort: oneOf("By name", ["name"], "name"),
};

const LOAD_ERRORS_QUERY = {
  ...LIST_QUERY,
  source: choices("Only of these sources"),
  job: choices("Only of these jobs, by key or source:key"),
  loadState: choices("Only in these load states; stale: an earlier version serves on", FAILED_STATES),
  sort: oneOf("By source and key", ["address"], "address"),
};

export const serviceRoutes = [
  route({
    method: "GET",
    path: `${BASE}/sources`,
    role: "viewer",
    summary: "The mounted sources: state, watcher, last change",
    query: SOURCES_QUERY,
    replies: { 200: "SourceList" },
    async handle({ deps, principal, query }) {
      const withPath = principal.sources === null && atLeast(principal.role, "admin");
      const found = deps.jobs
        .sources()
        .filter(({ name, state }) => maySee(principal, name) && fits(state, query.state));
      const { rows, page } = pageOf(found, ({ name }) => name, query.sort, query);
      const open = await deps.pauses.open();
      const pauseOf = (name: string) =>
        open.find(({ scope }) => scope.kind === "source" && scope.source === name) ?? null;
      return list(
        rows.map((source) => presentSource(source, withPath, pauseOf(source.name))),
        page,
      );
    },
  }),
  route({
    method: "GET",
    path: `${BASE}/load-errors`,
    role: "viewer",
    summary: "All current load errors, with the place and the next step",
    query: LOAD_ERRORS_QUERY,
    replies: { 200: "LoadErrorList" },
    handle(call) {
      const { deps, principal, query } = call;
      const [asked, ruledOut] = [query.job?.in, query.job?.notIn].map((names) => jobsAsked(call, names));
      const found = deps.jobs
        .loadErrors()
        .filter(
          (failed) =>
            maySee(principal, failed.source) &&
            fits(failed.source, query.source) &&
            fits(failed.loadState, query.loadState as Choice<LoadState>) &&
            (asked!.length === 0 || isOf(failed, asked!)) &&
            !isOf(failed, ruledOut!),
        );
      const { rows, page } = pageOf(found, ({ source, key }) => addressOf(source, key), query.sort, query);
      return list(rows.map(presentFailedLoad), page);
    },
  }),
  route({
    method: "GET",
    path: `${BASE}/meta`,
    role: "viewer",
    summary: "Version, features and limits of this installation",
    replies: { 200: "Meta" },
    handle({ deps }) {
      const { version, database, timeZone, features } = deps.meta;
      return ok({
        name: "jobmount",
        version,
        api: "v1",
        database,
        timeZone,
        features,
        limits: { bodyBytes: MAX_BODY_BYTES, pageRows: MAX_PAGE },
        now: isoTime(deps.clock.now()),
      });
    },
  }),
  route({
    method: "POST",
    path: `${BASE}/sources/:name/rescan`,
    role: "operator",
    summary: "Looks at the whole folder of a source now, and answers when it was walked",
    replies: { 202: "Source" },
    async handle(call) {
      const { name } = sourceNamed(call);
      await call.deps.rescan(name);
      return rescanned(call);
    },
    replay: rescanned,
  }),
  route({
    method: "GET",
    path: "/metrics",
    role: "viewer",
    wholeInstallation: true,
    summary: "What Prometheus reads; with a token as everything else, since it names jobs",
    replies: { 200: null },
    formats: { "text/plain": null },
    async handle({ deps }) {
      return { status: 200, text: await deps.metrics.text(), type: deps.metrics.contentType };
    },
  }),
  route({
    method: "GET",
    path: "/livez",
    role: "public",
    summary: "Answers as long as the process does",
    replies: { 200: "Health" },
    handle: () => ok({ status: "alive" }),
  }),
  route({
    method: "GET",
    path: "/readyz",
    role: "public",
    summary: "Whether the service can do its work, and what is wrong when it cannot (A6)",
    replies: { 200: "Health", 503: "Health" },
    async handle({ deps }) {
      const checks = await checksOf(deps);
      const ready = !deps.health.draining() && checks.every((check) => check.ok);
      return { status: ready ? 200 : 503, body: { status: ready ? "ready" : "not_ready", checks } };
    },
  }),
];

/** What is no job keeps the dots of its path, which an address writes for slashes. */
function isOf({ source, key }: FailedLoad, jobs: readonly JobName[]): boolean {
  return jobs.some((job) => job.source === source && shownKey(job.key) === shownKey(key));
}

function sourceNamed({ deps, params, principal, about }: Call<object, object>): SourceState {
  const name = params["name"] ?? "";
  const source = deps.jobs.sources().find((one) => one.name === name && maySee(principal, one.name));
  if (!source) throw notFound(`There is no source "${name.slice(0, 64)}". GET /api/v1/sources lists all.`);
  about({ source: name, target: name });
  return source;
}

async function rescanned(call: Call<object, object>): Promise<Reply> {
  const source = sourceNamed(call);
  const paused = await call.deps.pauses.of({ kind: "source", source: source.name });
  return { status: 202, body: presentSource(source, false, paused ?? null) };
}

async function checksOf(deps: FaceDeps): Promise<readonly HealthCheck[]> {
  try {
    const checks = [...(await deps.health.checks())];
    return deps.health.draining() ? [...checks, { name: "draining", ok: false }] : checks;
  } catch (error) {
    deps.log.error({ error }, "the health checks themselves failed");
    return [{ name: "checks", ok: false }];
  }
}
