// `jobmount runs cancel`, `retry` and `records`: end a run, do it again, and what it refused.
import type { Command } from "commander";
import { type CliContext, settings } from "./context.ts";
import { exitCodeOfRun, outcomeLine } from "./outcome.ts";
import { followToEnd } from "./follow-run.ts";
import { type ParamArguments, paramOptions, readParams } from "./params.ts";
import { fetchJob, fetchRun, isFinal, type Page, type RemoteRun } from "./remote.ts";
import { needServer, type Server } from "./server.ts";
import { printable, table, type Terminal } from "./terminal.ts";

interface RetryOptions extends ParamArguments {
  onlyFailed?: boolean;
  sameVersion?: boolean;
  wait?: boolean;
  json?: boolean;
}

interface RecordPage extends Page<{ seq: number; key: string | null; reason: string | null }> {
  records: { failed: number; kept: number; notKept: number };
}

const POLL_MS = 200;

export function defineRunChanges(command: Command, context: CliContext): void {
  command
    .command("cancel")
    .argument("<id>", "run_…")
    .description("end a run: at once when it waits, else by its abort signal, then SIGTERM, then SIGKILL")
    .option("--reason <text>", "kept with the run")
    .option("-w, --wait", "wait until it has ended")
    .option("--json", "print the run as JSON")
    .action((id: string, options: { reason?: string; wait?: boolean; json?: boolean }) =>
      cancel(context, id, options),
    );
  paramOptions(
    command
      .command("retry")
      .argument("<id>", "run_…")
      .description("do a run that has ended again, as a new run with the same params"),
  )
    .option("--only-failed", "only the records that it refused (this.run.onlyRecords)")
    .option("--same-version", "with the code that ran then, not the code that serves now")
    .option("-w, --wait", "follow the new run to its end; the exit code is its outcome")
    .option("--json", "print the new run as JSON")
    .action((id: string, options: RetryOptions) => retry(context, id, options));
  command
    .command("records")
    .argument("<id>", "run_…")
    .description("the records that a run refused, with key and reason")
    .option("--json", "one JSON object a line")
    .action((id: string, options: { json?: boolean }) => records(context, id, options));
}

async function cancel(
  context: CliContext,
  id: string,
  options: { reason?: string; wait?: boolean; json?: boolean },
): Promise<void> {
  const { terminal, signal } = context;
  const server = await needServer(context, settings(context));
  const path = `/runs/${encodeURIComponent(id)}/cancel`;
  const body = options.reason === undefined ? {} : { reason: options.reason };
  let run = (await server.ask("POST", path, { body, signal })).body as RemoteRun;
  while (options.wait && !isFinal(run)) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    run = await fetchRun(server, id, signal);
  }
  if (isFinal(run)) terminal.say(outcomeLine(run, terminal));
  else terminal.say(`${id} was asked to end; npx jobmount runs show ${id} tells how it did`);
  if (options.json) terminal.json(run);
}

async function retry(context: CliContext, id: string, options: RetryOptions): Promise<void> {
  const { terminal, signal } = context;
  const server = await needServer(context, settings(context));
  const params = await givenParams(context, server, id, options);
  const version = options.sameVersion ? "same" : "current";
  const body = { params, version, onlyFailedRecords: options.onlyFailed === true };
  const path = `/runs/${encodeURIComponent(id)}/retry`;
  let run = (await server.ask("POST", path, { body, signal, again: true })).body as RemoteRun;
  tellLeftOut(run, terminal);
  if (options.wait) {
    terminal.say(`${run.id} queued; Ctrl-C stops following, not the run`);
    run = await followToEnd(context, server, run);
    context.exit(exitCodeOfRun(run));
  }
  if (options.json) terminal.json(run);
  else if (!options.wait) terminal.data(run.id);
}

/** The job is asked for only when there are params to read by its declaration. */
async function givenParams(context: CliContext, server: Server, id: string, options: RetryOptions) {
  if (options.params === undefined && options.param === undefined) return {};
  const run = await fetchRun(server, id, context.signal);
  return readParams(await fetchJob(server, `${run.source}:${run.job}`, context.signal), options, context);
}

function tellLeftOut({ onlyRecords }: RemoteRun, terminal: Terminal): void {
  if (!onlyRecords || onlyRecords.left === 0) return;
  const text = `note: ${onlyRecords.records} failed records are done again; ${onlyRecords.left} are not, since they were not kept or have no key`;
  terminal.say(terminal.paint("yellow", text));
}

async function records(context: CliContext, id: string, options: { json?: boolean }): Promise<void> {
  const { terminal, signal } = context;
  const server = await needServer(context, settings(context));
  const rows: string[][] = [];
  let page: RecordPage;
  let after = "0";
  do {
    const path = `/runs/${encodeURIComponent(id)}/failed-records?limit=1000&after=${after}`;
    page = (await server.ask("GET", path, { signal })).body as RecordPage;
    for (const record of page.data) {
      if (options.json) terminal.data(JSON.stringify(record));
      else rows.push([record.key ?? "-", (record.reason ?? "").replace(/\s+/g, " ")].map(printable));
    }
    after = page.page.next ?? after;
  } while (page.page.hasMore);
  if (rows.length > 0) terminal.data(table([["KEY", "REASON"], ...rows]));
  const { failed, notKept } = page.records;
  if (failed === 0) terminal.say("The run refused no record.");
  else if (notKept > 0) terminal.say(`${notKept} more of its ${failed} failed records were only counted.`);
}
