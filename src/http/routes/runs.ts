// Routes of runs: the list with its filters, one run, its log and its refused records.
import { LOG_LEVELS, levelsFrom, runFilterOf, RUN_QUERY } from "../run-query.ts";
import { ExpectedError } from "../../errors.ts";
import { isFinal } from "../../runs/state.ts";
import type { LogLine, TaskRun } from "../../runs/task-run.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import { followLog, seqOfEventId } from "../log-stream.ts";
import { MOST_COUNTED, nextLink } from "../paging.ts";
import { logLineText, presentLogLine } from "../present/log-line.ts";
import { RUN_COLUMNS, runCells } from "../present/run.ts";
import { integer, oneOf, text } from "../query.ts";
import { csv, list, ndjson, noContent, ok, type Page } from "../reply.ts";
import { BASE, route } from "../route.ts";
import { isoTime, isoTimeOrNull } from "../time.ts";
import { findRun, viewRun, viewWholeRun } from "./run-replies.ts";

const MAX_LINES = 5_000;
/** Each of them asks the database a few times a second. */
const MAX_FOLLOWERS = 100;

export const runRoutes = [
  route({
    method: "GET",
    path: `${BASE}/runs`,
    role: "viewer",
    summary: "Runs, newest first; JSON, or by Accept NDJSON and CSV with the next page in the Link header",
    query: RUN_QUERY,
    replies: { 200: "RunList" },
    formats: { "application/x-ndjson": "Run", "text/csv": null },
    async handle(call) {
      const { deps, query } = call;
      const filter = {
        ...runFilterOf(call),
        limit: query.limit,
        after: decodeCursor(query.cursor, query.sort),
        order: query.sort === "queuedAt" ? ("oldest" as const) : ("newest" as const),
      };
      const [found, count] = await Promise.all([
        deps.runQueries.list(filter),
        query.count ? deps.runQueries.count({ ...filter, after: undefined }, MOST_COUNTED) : undefined,
      ]);
      const next = found.next === null ? null : encodeCursor(query.sort, found.next);
      const link = nextLink(call.url, "cursor", next);
      const format = call.format();
      if (format === "application/x-ndjson") {
        return ndjson(
          found.runs.map((run) => viewRun(call, run)),
          link,
        );
      }
      if (format === "text/csv") {
        return csv(RUN_COLUMNS, found.runs.map(runCells), link);
      }
      const page: Page = { next, hasMore: found.hasMore };
      if (found.partial) page.partial = true;
      if (count !== undefined) {
        page.count = count.count;
        page.countCapped = count.capped;
      }
      return list(
        found.runs.map((run) => viewRun(call, run)),
        page,
        link,
      );
    },
  }),
  route({
    method: "GET",
    path: `${BASE}/runs/:id`,
    role: "viewer",
    summary: "One run with its attempts",
    replies: { 200: "Run" },
    async handle(call) {
      return ok(await viewWholeRun(call, await findRun(call, call.params["id"] ?? "")));
    },
  }),
  route({
    method: "GET",
    path: `${BASE}/runs/:id/logs`,
    role: "viewer",
    summary: "Lines of a run's log; JSON, or by Accept NDJSON and plain text",
    query: {
      after: integer("Only lines with a greater seq", 0, Number.MAX_SAFE_INTEGER, undefined),
      level: oneOf("This level and those above it", LOG_LEVELS, undefined),
      q: text("Occurs in the text"),
      attempt: integer("Only lines of this attempt", 1, 1_000_000, undefined),
      limit: integer("Lines on a page", 1, MAX_LINES, 1_000),
    },
    replies: { 200: "LogLineList" },
    formats: { "application/x-ndjson": "LogLine", "text/plain": null },
    async handle(call) {
      const run = await findRun(call, call.params["id"] ?? "");
      const { level, ...rest } = call.query;
      const filter = { ...rest, levels: levelsFrom(level) };
      const { lines, hasMore } = await call.deps.runQueries.logLines(run.id, filter);
      const next = hasMore ? String(lines.at(-1)?.seq ?? 0) : null;
      const link = nextLink(call.url, "after", next);
      const format = call.format();
      if (format === "application/x-ndjson") {
        return ndjson(lines.map(presentLogLine), link);
      }
      if (format === "text/plain") {
        const text = lines.map(logLineText).join("");
        return { status: 200, text: text || removedText(run), headers: link };
      }
      const removedAt = isoTimeOrNull(run.log.removedAt ?? null);
      return ok({ data: lines.map(presentLogLine), page: { next, hasMore }, removedAt }, link);
    },
  }),
  route({
    method: "GET",
    path: `${BASE}/runs/:id/logs/stream`,
    role: "viewer",
    summary:
      "The log as it is written, one line an event, until the run has ended (event `end`); goes on behind Last-Event-ID",
    query: {
      after: integer("Only lines with a greater seq", 0, Number.MAX_SAFE_INTEGER, 0),
      level: oneOf("This level and those above it", LOG_LEVELS, undefined),
    },
    takes: ["Last-Event-ID"],
    replies: { 200: null, 204: null },
    formats: { "text/event-stream": "LogLine" },
    async handle(call) {
      const { deps, query } = call;
      const run = await findRun(call, call.params["id"] ?? "");
      const seen = seqOfEventId(call.header("Last-Event-ID"));
      const after = seen ?? query.after;
      // A browser asks again when a stream ends; this answer tells it to stop.
      const levels = levelsFrom(query.level);
      if (seen !== undefined && isFinal(run.state)) {
        // Those that it does not want may be the last ones.
        const left = await deps.runQueries.logLines(run.id, { after: seen, levels, limit: 1 });
        if (left.lines.length === 0 && !left.hasMore) return noContent;
      }
      if (deps.followers.size >= MAX_FOLLOWERS) {
        const detail = `${MAX_FOLLOWERS} logs are followed already; ask for /logs, or again later.`;
        throw new ExpectedError(503, "too_many_streams", detail);
      }
      const options = {
        runId: run.id,
        after,
        wanted: ({ level }: LogLine) => !levels || levels.includes(level),
        queries: deps.runQueries,
        followers: deps.followers,
        draining: () => deps.health.draining(),
      };
      const failed = (error: unknown) =>
        deps.log.error({ error, runId: run.id }, "a log could not be followed");
      return { status: 200, events: (sink) => void followLog(sink, options).catch(failed) };
    },
  }),
  route({
    method: "GET",
    path: `${BASE}/runs/:id/failed-records`,
    role: "viewer",
    summary: "The records that a run refused, each with key and reason; JSON, or by Accept NDJSON and CSV",
    query: {
      after: integer("Only records with a greater seq", 0, Number.MAX_SAFE_INTEGER, 0),
      limit: integer("Records on a page", 1, MAX_LINES, 1_000),
    },
    replies: { 200: "FailedRecordList" },
    formats: { "application/x-ndjson": "FailedRecord", "text/csv": null },
    async handle(call) {
      const run = await findRun(call, call.params["id"] ?? "");
      const { after, limit } = call.query;
      const found = await call.deps.runQueries.failedRecords(run.id, after, limit + 1);
      const rows = found.slice(0, limit).map(({ seq, key, reason }) => ({ seq, key, reason }));
      const hasMore = found.length > rows.length;
      const next = hasMore ? String(rows.at(-1)!.seq) : null;
      const link = nextLink(call.url, "after", next);
      const format = call.format();
      if (format === "application/x-ndjson") return ndjson(rows, link);
      if (format === "text/csv") {
        return csv(
          ["seq", "key", "reason"],
          rows.map((row) => [row.seq, row.key, row.reason]),
          link,
        );
      }
      const { kept } = await call.deps.runQueries.failedRecordsOf(run.id);
      const { failed } = run.records;
      const records = { failed, kept, notKept: Math.max(0, failed - kept) };
      return ok({ data: rows, page: { next, hasMore }, records }, link);
    },
  }),
];

/** An empty text would say that it wrote nothing. */
function removedText({ log: { lines, removedAt } }: TaskRun): string {
  if (removedAt === undefined) return "";
  return `[jobmount] the ${lines} lines of this log were removed on ${isoTime(removedAt)} because of their age (JOBMOUNT_RETENTION_LOGS)\n`;
}
