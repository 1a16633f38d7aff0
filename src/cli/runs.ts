// `jobmount runs`: the runs of the service, one of them, its log, and what may be done with it.
import type { Command } from "commander";
import { formatDuration } from "../duration.ts";
import { attemptRows } from "./attempts.ts";
import { type CliContext, settings } from "./context.ts";
import { jobNames } from "./job-names.ts";
import { countsText, logText, outcomeLine } from "./outcome.ts";
import {
  fetchRun,
  follow,
  type Page,
  readLog,
  type RemoteCancel,
  type RemoteLine,
  type RemoteRun,
} from "./remote.ts";
import { defineRunChanges } from "./run-changes.ts";
import { SCHEDULE_ARGUMENT, scheduleIdOf } from "./schedule-name.ts";
import { needServer, type Server } from "./server.ts";
import { printable, table } from "./terminal.ts";

const FILTERS = [
  "job",
  "source",
  "schedule",
  "batch",
  "state",
  "trigger",
  "since",
  "until",
  "limit",
] as const;

type ListOptions = Partial<Record<(typeof FILTERS)[number], string>> & { json?: boolean };

/** One page of runs; where a filter seldom matches, the server hands it out in parts. */
async function fetchRuns(
  server: Server,
  query: URLSearchParams,
  signal: AbortSignal,
): Promise<{ data: RemoteRun[]; hasMore: boolean }> {
  const limit = Number(query.get("limit") ?? 50);
  const data: RemoteRun[] = [];
  for (;;) {
    const { data: part, page } = (await server.ask("GET", `/runs?${query}`, { signal }))
      .body as Page<RemoteRun>;
    data.push(...part);
    if (!page.partial || page.next === null || data.length >= limit) return { data, hasMore: page.hasMore };
    query.set("cursor", page.next);
    query.set("limit", String(limit - data.length));
  }
}

export function define(command: Command, context: CliContext): void {
  const { terminal, signal } = context;
  command
    .command("list")
    .description("the newest runs")
    .option("--job <key>", "of this job; a comma is an or")
    .option("--source <name>", "of the jobs of this source")
    .option("--schedule <schedule>", `of this schedule: ${SCHEDULE_ARGUMENT}`)
    .option("--batch <id>", "of this backfill")
    .option("--state <state>", "queued, running, retrying, succeeded, failed, cancelled, skipped; ! is a not")
    .option("--trigger <trigger>", "schedule, manual, api, retry, backfill, cli")
    .option("--since <time>", "queued since then: RFC 3339, or a duration back such as 24h")
    .option("--until <time>", "queued before then")
    .option("--limit <n>", "at most so many (50, at most 200)")
    .option("--json", "as JSON")
    .action(async (options: ListOptions) => {
      const query = new URLSearchParams();
      for (const name of FILTERS) if (options[name] !== undefined) query.set(name, options[name]);
      const server = await needServer(context, settings(context));
      const { schedule } = options;
      if (schedule !== undefined) query.set("schedule", await scheduleIdOf(server, schedule, signal));
      const { data, hasMore } = await fetchRuns(server, query, signal);
      if (options.json) return terminal.json(data);
      const named = data.length > 0 ? await jobNames(server, signal) : undefined;
      if (named) terminal.data(table([HEAD, ...data.map((run) => row(run, named(run.source, run.job)))]));
      if (data.length === 0) terminal.say("There are no such runs.");
      else if (hasMore) terminal.say("There are more: raise --limit, or narrow with --since and --until.");
    });
  command
    .command("show")
    .argument("<id>", "run_…")
    .description("one run with its outcome and its attempts")
    .option("--json", "as JSON, with everything")
    .action(async (id: string, options: { json?: boolean }) => {
      const server = await needServer(context, settings(context));
      const run = await fetchRun(server, id, signal);
      if (options.json) terminal.json(run);
      else terminal.data(details(run).join("\n"));
    });
  command
    .command("logs")
    .argument("<id>", "run_…")
    .description("the log of one run")
    .option("-f, --follow", "go on until the run ends")
    .option("--json", "one JSON object a line")
    .action(async (id: string, options: { follow?: boolean; json?: boolean }) => {
      const server = await needServer(context, settings(context));
      const show = (line: RemoteLine) =>
        terminal.data(
          options.json ? JSON.stringify(line) : logText({ ...line, time: Date.parse(line.time) }, terminal),
        );
      if (!options.follow) {
        const last = await readLog(server, id, 0, show, signal);
        if (last > 0) return;
        const removed = removedText(await fetchRun(server, id, signal));
        terminal.say(removed ?? "It wrote nothing.");
      } else {
        const run = await follow(server, id, signal, { line: show, state: () => undefined });
        terminal.say(outcomeLine(run, terminal));
      }
    });
  defineRunChanges(command, context);
}

const HEAD = ["RUN", "JOB", "STATE", "TRIGGER", "QUEUED", "TOOK", "RECORDS"];

function row(run: RemoteRun, job: string): string[] {
  return [
    run.id,
    job,
    run.reason === null ? run.state : `${run.state} (${run.reason})`,
    run.trigger,
    run.queuedAt.replace(/\.\d+Z$/, "Z"),
    run.durationMs === null ? "-" : formatDuration(run.durationMs),
    run.records.processed === 0 ? "-" : countsText(run.records),
  ];
}

/** Of a single attempt that has ended everything stands in the run itself. */
function attemptsOf({ attempts = [], state }: RemoteRun): string | null {
  if (attempts.length === 0 || (attempts.length === 1 && state !== "retrying")) return null;
  return table(attemptRows(attempts));
}

function cancelText({ requestedAt, by, reason, waited, steps = [], groupEmptyAt }: RemoteCancel): string {
  const lines = [
    `asked for at ${requestedAt}${by === null ? "" : ` by ${by}`}${reason === null ? "" : `: ${reason}`}`,
  ];
  if (waited) lines.push("it waited, so nothing had to be ended");
  for (const { signal, at } of steps) lines.push(`${at} ${signal === "abort" ? "abort signal" : signal}`);
  if (groupEmptyAt) lines.push(`${groupEmptyAt} nothing was left of it`);
  return lines.join("\n");
}

function removedText({ log }: RemoteRun): string | null {
  if (!log?.removedAt) return null;
  return `its ${log.lines} lines were removed on ${log.removedAt} because of their age (JOBMOUNT_RETENTION_LOGS)`;
}

function details(run: RemoteRun): string[] {
  const rows: [string, string | null][] = [
    ["run", run.id],
    ["job", `${run.source}:${run.job}`],
    ["state", run.reason === null ? run.state : `${run.state} (${run.reason})`],
    ["cause", run.cause],
    ["trigger", run.schedule === null ? run.trigger : `${run.trigger} ${run.schedule}`],
    ["due", run.fireAt],
    ["queued", run.queuedAt],
    ["started", run.startedAt],
    ["finished", run.finishedAt],
    ["took", run.durationMs === null ? null : formatDuration(run.durationMs)],
    ["cancel", run.cancel ? cancelText(run.cancel) : null],
    ["attempt", `${run.attempt} of ${run.maxAttempts}`],
    ["again", run.state === "retrying" ? (run.availableAt ?? null) : null],
    ["attempts", attemptsOf(run)],
    ["version", run.version],
    ["records", run.records.processed === 0 ? null : countsText(run.records)],
    ["result", run.result === null || run.result === undefined ? null : JSON.stringify(run.result)],
    ["log", removedText(run)],
    ["error", run.error?.stack ?? run.error?.message ?? null],
  ];
  return rows
    .filter((entry): entry is [string, string] => entry[1] !== null)
    .map(([name, value]) => `${name.padEnd(9)} ${printable(value).replaceAll("\n", `\n${" ".repeat(10)}`)}`);
}
