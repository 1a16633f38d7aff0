// Routes over all processes and over time: who works, and what has run and will run in one window.
import { shownKey } from "../address.ts";
import { nextOfAll, seenSchedules } from "../agenda.ts";
import { invalid } from "../../errors.ts";
import { LIST_QUERY, MAX_PAGE, pageOf } from "../paging.ts";
import { presentFire } from "../present/fire.ts";
import { presentRunBriefly } from "../present/run.ts";
import { instant, integer, oneOf, text } from "../query.ts";
import { list, ok } from "../reply.ts";
import { BASE, route } from "../route.ts";
import { isoTime, isoTimeOrNull } from "../time.ts";
import { SEEN_MS } from "./pauses.ts";

const HALF_A_DAY = 12 * 3_600_000;
const MOST_DAYS = 400;
/** A day of a busy installation; each is a few facts. */
const MOST_SHOWN = 2_000;

export const fleetRoutes = [
  route({
    method: "GET",
    path: `${BASE}/workers`,
    role: "viewer",
    summary:
      "The processes that are there or still hold runs, and how many runs each executes now; to a token that is limited to sources those alone that hold runs of them",
    query: { ...LIST_QUERY, sort: oneOf("By name", ["worker"], "worker") },
    replies: { 200: "WorkerList" },
    async handle({ deps, principal, query }) {
      const now = deps.clock.now();
      const [replicas, running] = await Promise.all([
        deps.upTimes.upSince(now - SEEN_MS),
        deps.figures.runningByWorker(principal.sources),
      ]);
      // How many processes there are is a fact of the whole installation; a run names its worker to whoever may see the run.
      const shown = replicas.filter(({ replica }) => principal.sources === null || running.has(replica));
      const seen = shown.map(({ replica, from, through }) => ({
        worker: replica,
        upSince: isoTime(from),
        seenAt: isoTime(through),
        running: running.get(replica) ?? 0,
      }));
      const known = new Set(replicas.map(({ replica }) => replica));
      // It does not look for due fires, or has died and its runs are not settled yet.
      const others = [...running]
        .filter(([worker]) => !known.has(worker))
        .map(([worker, count]) => ({ worker, upSince: null, seenAt: null, running: count }));
      const { rows, page } = pageOf([...seen, ...others], ({ worker }) => worker, query.sort, query);
      return list(rows, page);
    },
  }),
  route({
    method: "GET",
    path: `${BASE}/timeline`,
    role: "viewer",
    summary: "What was queued in a window, newest first, and the fires that are planned in the rest of it",
    query: {
      since: instant("From here on: RFC 3339, or a duration back such as 24h; 12h unless given"),
      until: instant("Up to here: RFC 3339; twelve hours from now unless given"),
      limit: integer("Runs, and fires, that are shown at most", 1, MOST_SHOWN, MAX_PAGE),
      source: text("Only of this source"),
    },
    replies: { 200: "Timeline" },
    async handle({ deps, principal, query }) {
      const now = deps.clock.now();
      const since = query.since ?? now - HALF_A_DAY;
      const until = query.until ?? Math.max(now, since) + HALF_A_DAY;
      if (until <= since || until - since > MOST_DAYS * 24 * 3_600_000) {
        const message = `must be after since, and at most ${MOST_DAYS} days after it`;
        throw invalid([{ pointer: "/query/until", code: "range", message }]);
      }
      const own = principal.sources;
      const asked = query.source === undefined ? undefined : [query.source];
      const sources = own === null ? asked : (asked ?? own).filter((source) => own.includes(source));
      const seen = await seenSchedules(deps, principal, query.source);
      const [found, fires] = await Promise.all([
        deps.runQueries.listBriefly({ since, until, sources, limit: query.limit }),
        until > now ? nextOfAll(deps, seen, until, query.limit + 1, Math.max(now, since)) : [],
      ]);
      return ok({
        since: isoTime(since),
        until: isoTime(until),
        now: isoTime(now),
        runs: found.runs.map((run) => ({
          ...presentRunBriefly(run),
          job: shownKey(run.jobKey),
          source: run.source,
          schedule: run.scheduleId,
          trigger: run.trigger,
          queuedAt: isoTime(run.queuedAt),
          fireThrough: isoTimeOrNull(run.fireThrough),
        })),
        planned: fires.slice(0, query.limit).map(presentFire),
        moreRuns: found.hasMore,
        morePlanned: fires.length > query.limit || seen.partial,
      });
    },
  }),
];
