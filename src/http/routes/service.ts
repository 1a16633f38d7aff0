// Routes about the service itself: sources, load errors, what it can do, and whether it is alive and ready.
import { maySee } from "../../access/principal.ts";
import { atLeast } from "../../access/role.ts";
import { MAX_BODY_BYTES } from "../middleware/read-body.ts";
import { MAX_PAGE } from "../paging.ts";
import type { FaceDeps, HealthCheck } from "../ports.ts";
import { presentFailedLoad, presentSource } from "../present/job.ts";
import { notFound } from "../../errors.ts";
import { ok, wholeList } from "../reply.ts";
import { BASE, route } from "../route.ts";
import { isoTime } from "../time.ts";

export const serviceRoutes = [
  route({
    method: "GET",
    path: `${BASE}/sources`,
    role: "viewer",
    summary: "The mounted sources: state, watcher, last change",
    replies: { 200: "SourceList" },
    async handle({ deps, principal }) {
      const withPath = principal.sources === null && atLeast(principal.role, "admin");
      const visible = deps.jobs.sources().filter((source) => maySee(principal, source.name));
      const open = await deps.pauses.open();
      const pauseOf = (name: string) =>
        open.find(({ scope }) => scope.kind === "source" && scope.source === name) ?? null;
      return wholeList(visible.map((source) => presentSource(source, withPath, pauseOf(source.name))));
    },
  }),
  route({
    method: "GET",
    path: `${BASE}/load-errors`,
    role: "viewer",
    summary: "All current load errors, with the place and the next step",
    replies: { 200: "LoadErrorList" },
    handle({ deps, principal }) {
      const visible = deps.jobs.loadErrors().filter((failed) => maySee(principal, failed.source));
      return wholeList(visible.map(presentFailedLoad));
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
      const { deps, params, principal, about } = call;
      const name = params["name"] ?? "";
      const find = () => deps.jobs.sources().find((one) => one.name === name && maySee(principal, one.name));
      if (!find())
        throw notFound(`There is no source "${name.slice(0, 64)}". GET /api/v1/sources lists all.`);
      about({ source: name, target: name });
      await deps.rescan(name);
      return { status: 202, body: presentSource(find()!, false, null) };
    },
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

async function checksOf(deps: FaceDeps): Promise<readonly HealthCheck[]> {
  try {
    const checks = [...(await deps.health.checks())];
    return deps.health.draining() ? [...checks, { name: "draining", ok: false }] : checks;
  } catch (error) {
    deps.log.error({ error }, "the health checks themselves failed");
    return [{ name: "checks", ok: false }];
  }
}
