// Routes that pause and resume more than one schedule: those of a job, of a source, all of them; and the state of it.
import { maySee, type Principal } from "../../access/principal.ts";
import { ExpectedError, notFound } from "../../errors.ts";
import type { PauseScope, ScopedPause } from "../../schedules/suspension.ts";
import { PauseBody, ResumeBody } from "../dto/control-bodies.ts";
import { presentEffect, presentEnded, presentScope } from "../present/pause.ts";
import { ok } from "../reply.ts";
import { BASE, route } from "../route.ts";
import { isoTime } from "../time.ts";
import { callJob } from "./job-call.ts";
import { actorOf, type AnyRequest } from "./schedule-replies.ts";

/** A replica that has not been heard of for longer is no part of the fleet any more. */
export const SEEN_MS = 15_000;

/** Pauses that are over and shown all the same. */
const ENDED = 20;

type ScopeOf = (call: AnyRequest) => PauseScope;

const jobScope: ScopeOf = (call) => {
  const entry = callJob(call);
  return { kind: "job", source: entry.source, jobKey: entry.key };
};

const sourceScope: ScopeOf = ({ deps, principal, params, about }) => {
  const name = params["name"] ?? "";
  const known = deps.jobs.sources().some((source) => source.name === name) && maySee(principal, name);
  if (!known) throw notFound(`There is no source "${name.slice(0, 64)}". GET /api/v1/sources lists all.`);
  about({ source: name, target: name });
  return { kind: "source", source: name };
};

const allScope: ScopeOf = ({ principal }) => {
  if (principal.sources === null) return { kind: "all" };
  throw new ExpectedError(
    403,
    "forbidden",
    `Everything can be paused only by who may see all sources; the token "${principal.name}" is limited to ` +
      `${principal.sources.join(", ")}. Pause these: POST /sources/{name}/pause.`,
  );
};

export const pauseRoutes = [
  ...pauseAndResume("/jobs/:key", "the job", jobScope),
  ...pauseAndResume("/sources/:name", "the source", sourceScope),
  ...pauseAndResume("/scheduler", "everything", allScope),
  route({
    method: "GET",
    path: `${BASE}/scheduler`,
    role: "viewer",
    summary:
      "What is paused beside single schedules, and which replicas look for due fires; to a token that is limited to sources those alone that hold runs of them",
    replies: { 200: "Scheduler" },
    async handle({ deps, principal }) {
      const now = deps.clock.now();
      const { sources } = principal;
      const [open, ended, replicas, running] = await Promise.all([
        deps.pauses.open(),
        deps.pauses.ended(ENDED),
        deps.upTimes.upSince(now - SEEN_MS),
        sources === null ? undefined : deps.figures.runningByWorker(sources),
      ]);
      // As of the workers: whoever is limited to sources is told of those that hold runs of them.
      const shown = replicas.filter(({ replica }) => running === undefined || running.has(replica));
      const isVisible = ({ scope }: ScopedPause) => scope.kind !== "job_off" && mayKnow(principal, scope);
      const visible = open.filter(isVisible);
      const everything = visible.find(({ scope }) => scope.kind === "all");
      return ok({
        ...presentScope({ kind: "all" }, everything),
        pauses: visible.map((pause) => presentScope(pause.scope, pause)),
        endedPauses: ended.filter(isVisible).map((pause) => ({
          ...presentScope(pause.scope, undefined),
          ended: presentEnded(pause),
        })),
        replicas: shown.map(({ replica, from, through }) => ({
          replica,
          upSince: isoTime(from),
          seenAt: isoTime(through),
        })),
      });
    },
  }),
];

function pauseAndResume(path: string, what: string, scopeOf: ScopeOf) {
  /** The same request again: nothing is done, and the pause is shown as it is by now. */
  const asItIs = async (call: AnyRequest) => {
    const scope = scopeOf(call);
    return ok(presentScope(scope, await call.deps.pauses.of(scope)));
  };
  return [
    route({
      method: "POST",
      path: `${BASE}${path}/pause`,
      role: "operator",
      summary: `No schedule of ${what} fires from now on, until \`until\` or until somebody resumes it`,
      body: PauseBody,
      bodyOptional: true,
      replies: { 200: "PauseScope" },
      async handle(call) {
        const { deps, body, idempotency } = call;
        const scope = scopeOf(call);
        const pause = await deps.pauses.pause(scope, { ...body }, actorOf(call), idempotency);
        return ok(presentScope(scope, pause));
      },
      replay: (call) => asItIs(call),
    }),
    route({
      method: "POST",
      path: `${BASE}${path}/resume`,
      role: "operator",
      summary: `The schedules of ${what} fire again; what was due meanwhile stays skipped. dryRun says what would happen`,
      body: ResumeBody,
      bodyOptional: true,
      replies: { 200: "PauseScopeOrEffect" },
      async handle(call) {
        const { deps, body, idempotency } = call;
        const scope = scopeOf(call);
        if (body.dryRun) {
          const { effect, schedules } = await deps.pauses.wouldResume(scope);
          return ok({ ...presentEffect(effect), schedules });
        }
        const ended = await deps.pauses.resume(scope, body.reason, actorOf(call), idempotency);
        const shown = presentScope(scope, await deps.pauses.of(scope));
        return ok(ended ? { ...shown, ended: presentEnded(ended) } : shown);
      },
      replay: (call) => asItIs(call),
    }),
  ];
}

function mayKnow(principal: Principal, scope: PauseScope): boolean {
  return scope.kind === "all" || maySee(principal, scope.source);
}
