// `jobmount trigger <key>`: runs a job on the service, and follows it if asked.
import type { Command } from "commander";
import { type CliContext, settings } from "./context.ts";
import { logText, exitCodeOfRun, outcomeLine } from "./outcome.ts";
import { type ParamArguments, paramOptions, readParams } from "./params.ts";
import { follow, jobPath, type RemoteJob, type RemoteRun } from "./remote.ts";
import { needServer } from "./server.ts";

export function define(command: Command, context: CliContext): void {
  const { terminal, signal } = context;
  paramOptions(command.argument("<key>", "the job: billing.sync-orders, or source:key"))
    .option("-w, --wait", "follow the run to its end; the exit code is its outcome")
    .option("--json", "print the run as JSON")
    .action(async (key: string, options: ParamArguments & { wait?: boolean; json?: boolean }) => {
      const server = await needServer(context, settings(context));
      const job = (await server.ask("GET", jobPath(key), { signal })).body as RemoteJob;
      const params = await readParams(job, options, context);
      const answer = await server.ask("POST", `${jobPath(key)}/runs`, { body: { params }, signal });
      let run = answer.body as RemoteRun;
      if (options.wait) {
        terminal.say(`${run.id} queued; Ctrl-C stops following, not the run`);
        run = await follow(server, run.id, signal, {
          line: (line) => terminal.say(logText({ ...line, time: Date.parse(line.time) }, terminal)),
          state: (now) => terminal.status(progressText(now)),
        });
        terminal.status("");
        terminal.say(outcomeLine(run, terminal));
        context.exit(exitCodeOfRun(run));
      }
      if (options.json) terminal.json(run);
      else if (!options.wait) terminal.data(run.id);
    });
}

function progressText(run: RemoteRun): string {
  if (run.progress?.percent === null || run.progress === null) return run.state;
  return `${run.state} ${Math.floor(run.progress.percent)}% ${run.progress.message ?? ""}`.trimEnd();
}
