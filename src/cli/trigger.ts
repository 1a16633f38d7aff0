// `jobmount trigger <key>`: runs a job on the service, and follows it if asked.
import type { Command } from "commander";
import { type CliContext, settings } from "./context.ts";
import { exitCodeOfRun } from "./outcome.ts";
import { type ParamArguments, paramOptions, readParams } from "./params.ts";
import { loadErrorText } from "./dev-events.ts";
import { CliError, EXIT } from "./exit.ts";
import { followToEnd } from "./follow-run.ts";
import { fetchJob, jobPath, type RemoteJob, type RemoteRun } from "./remote.ts";
import { needServer } from "./server.ts";
import type { Terminal } from "./terminal.ts";

interface TriggerOptions extends ParamArguments {
  wait?: boolean;
  follow?: boolean;
  json?: boolean;
}

export function define(command: Command, context: CliContext): void {
  const { terminal, signal } = context;
  paramOptions(command.argument("<key>", "the job: billing.sync-orders, or source:key"))
    .option("-w, --wait", "follow the run to its end; the exit code is its outcome")
    .option("--follow", "the same as --wait")
    .option("--json", "print the run as JSON")
    .action(async (key: string, options: TriggerOptions) => {
      const follow = options.wait === true || options.follow === true;
      const server = await needServer(context, settings(context));
      const job = await fetchJob(server, key, signal);
      checkLoaded(job, terminal);
      const params = await readParams(job, options, context);
      const answer = await server.ask("POST", `${jobPath(key)}/runs`, {
        body: { params },
        signal,
        again: true,
      });
      let run = answer.body as RemoteRun;
      if (follow) {
        terminal.say(`${run.id} queued; Ctrl-C stops following, not the run`);
        run = await followToEnd(context, server, run);
        context.exit(exitCodeOfRun(run));
      }
      if (options.json) terminal.json(run);
      else if (!follow) terminal.data(run.id);
    });
}

/** Refuses a job that has no version, and says when an older one runs than lies in the folder. */
function checkLoaded(job: RemoteJob, terminal: Terminal): void {
  if (job.version === null) {
    if (job.loadError) terminal.say(loadErrorText(job.loadError, terminal));
    throw new CliError(
      EXIT.refused,
      `The job ${job.key} has never loaded, so there is nothing to run. ` +
        "npx jobmount validate tells what is wrong with every job of a folder, npx jobmount jobs what the service has.",
    );
  }
  const file = `${job.key.replaceAll(".", "/")}/job.ts`;
  const runs = `version ${job.version?.hash.slice(0, 7)} runs`;
  if (job.loadState === "stale") {
    const since = job.loadError ? ` since ${job.loadError.since}` : "";
    terminal.say(terminal.paint("yellow", `note: ${file} does not load${since}; ${runs}`));
  }
  if (job.loadState === "missing") terminal.say(terminal.paint("yellow", `note: ${file} is gone; ${runs}`));
}
