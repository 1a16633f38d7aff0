// `jobmount schedules`: the schedules of the service: all, a new one, one switched on or off, one ended.
import { type Command, InvalidArgumentError } from "commander";
import { type CliContext, settings } from "./context.ts";
import { usageError } from "./exit.ts";
import { type ParamArguments, paramOptions, readParams } from "./params.ts";
import { fetchAll, fetchJob, type RemoteSchedule } from "./remote.ts";
import { needServer } from "./server.ts";
import { table } from "./terminal.ts";

interface CreateOptions extends ParamArguments {
  cron?: string;
  every?: string;
  at?: string;
  tz?: string;
  name?: string;
  overlap?: string;
  json?: boolean;
}

export function define(command: Command, context: CliContext): void {
  const { terminal, signal } = context;
  command
    .command("list")
    .description("all schedules with their next fire")
    .option("--job <key>", "of this job")
    .option("--json", "as JSON")
    .action(async (options: { job?: string; json?: boolean }) => {
      const server = await needServer(context, settings(context));
      const query: Record<string, string> = options.job ? { job: options.job } : {};
      const found = await fetchAll<RemoteSchedule>(server, "/schedules", query, signal);
      if (options.json) return terminal.json(found);
      if (found.length === 0) return terminal.say("There are no schedules.");
      terminal.data(table([["SCHEDULE", "JOB", "WHEN", "NEXT"], ...found.map(row)]));
    });
  paramOptions(command.command("create").argument("<key>", "the job"))
    .description("a new schedule: exactly one of --cron, --every and --at")
    .option("--cron <text>", "five or six fields, or @daily and its kin")
    .option("--every <duration>", "an interval such as 15m")
    .option("--at <time>", "one instant, RFC 3339")
    .option("--tz <zone>", "IANA time zone")
    .option("--name <name>", "what people call it", nonEmpty)
    .option("--overlap <policy>", "skip, buffer_one, buffer_all, cancel_other, allow_all")
    .option("--json", "print the schedule as JSON")
    .action(async (key: string, options: CreateOptions) => {
      const { cron, every, at, tz: timeZone, name, overlap } = options;
      if ([cron, every, at].filter((one) => one !== undefined).length !== 1) {
        throw usageError("give exactly one of --cron, --every and --at");
      }
      const server = await needServer(context, settings(context));
      const job = await fetchJob(server, key, signal);
      const params = await readParams(job, options, context);
      const body = { job: key.replaceAll("/", "."), cron, every, at, timeZone, name, overlap, params };
      const schedule = (await server.ask("POST", "/schedules", { body, signal })).body as RemoteSchedule;
      if (options.json) return terminal.json(schedule);
      terminal.data(schedule.id);
      terminal.say(`${schedule.sentence}; next: ${nextOf(schedule)}`);
    });
  defineSwitch(command, context, "enable");
  defineSwitch(command, context, "disable");
  command
    .command("delete")
    .argument("<id>", "sch_…, as schedules list shows it")
    .description("end a schedule: its waiting runs are cancelled, its history stays")
    .action(async (id: string) => {
      const server = await needServer(context, settings(context));
      await server.ask("DELETE", schedulePath(id), { signal });
      terminal.say(`${id} is deleted; its runs stay: npx jobmount runs list`);
    });
}

function defineSwitch(command: Command, context: CliContext, verb: "enable" | "disable"): void {
  const { terminal, signal } = context;
  const enabled = verb === "enable";
  command
    .command(verb)
    .argument("<id>", "sch_…, as schedules list shows it")
    .description(enabled ? "let a schedule fire again, from now on" : "keep a schedule from firing")
    .option("--json", "print the schedule as JSON")
    .action(async (id: string, options: { json?: boolean }) => {
      const server = await needServer(context, settings(context));
      const { etag } = await server.ask("GET", schedulePath(id), { signal });
      const headers = { "if-match": etag ?? "*", "content-type": "application/merge-patch+json" };
      const answer = await server.ask("PATCH", schedulePath(id), { body: { enabled }, headers, signal });
      const schedule = answer.body as RemoteSchedule;
      if (options.json) return terminal.json(schedule);
      const next = enabled ? `next: ${nextOf(schedule)}` : "it does not fire until it is enabled";
      terminal.say(`${schedule.id} is ${verb}d; ${next}`);
    });
}

function schedulePath(id: string): string {
  return `/schedules/${encodeURIComponent(id)}`;
}

function nonEmpty(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("It must not be empty.");
  return text;
}

function row(schedule: RemoteSchedule): string[] {
  const when = schedule.name === null ? schedule.sentence : `${schedule.name}: ${schedule.sentence}`;
  return [schedule.id, schedule.job, when, schedule.enabled ? nextOf(schedule) : "disabled"];
}

function nextOf(schedule: RemoteSchedule): string {
  return schedule.nextFires[0]?.local ?? "never again";
}
