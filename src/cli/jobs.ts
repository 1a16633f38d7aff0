// `jobmount jobs`: the jobs of the service, and why some do not load; one of them, and its settings.
import type { Command } from "commander";
import { type CliContext, settings } from "./context.ts";
import { loadErrorText } from "./dev-events.ts";
import { jobNames } from "./job-names.ts";
import { defineSettings } from "./job-settings.ts";
import { fetchAll, type RemoteJob } from "./remote.ts";
import { needServer } from "./server.ts";
import { table } from "./terminal.ts";
import { unknownCommand } from "./unknown-command.ts";

export function define(command: Command, context: CliContext): void {
  const { terminal, signal } = context;
  const list = command.command("list", { isDefault: true }).description("all jobs; what jobs alone does");
  list.allowExcessArguments().option("--json", "as JSON, with everything");
  list.action(async (options: { json?: boolean }) => {
    const [word] = list.args;
    if (word !== undefined) unknownCommand(command, word);
    const server = await needServer(context, settings(context));
    const jobs = await fetchAll<RemoteJob>(server, "/jobs", {}, signal);
    if (options.json) return terminal.json(jobs);
    if (jobs.length === 0) return terminal.say("There are no jobs.");
    const named = await jobNames(server, signal);
    const nameOf = (job: RemoteJob) => named(job.source, job.key);
    terminal.data(table([HEAD, ...jobs.map((job) => [nameOf(job), ...row(job)])]));
    for (const job of jobs) {
      if (job.loadError === null) continue;
      terminal.say(`${nameOf(job)} does not load since ${job.loadError.since}:`);
      terminal.say(loadErrorText(job.loadError, terminal));
    }
  });
  defineSettings(command, context);
}

const HEAD = ["JOB", "STATE", "VERSION", "SCHEDULES", "NEXT"];

function row(job: RemoteJob): string[] {
  const on = job.schedules.filter((schedule) => schedule.enabled).length;
  const off = job.schedules.length - on;
  return [
    job.enabled ? job.loadState : `${job.loadState}, off`,
    job.version?.hash.slice(0, 7) ?? "-",
    job.schedules.length === 0 ? "-" : off === 0 ? String(on) : `${on}, ${off} disabled`,
    job.nextRunAt?.replace(/\.\d+Z$/, "Z") ?? "-",
  ];
}
