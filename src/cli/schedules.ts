// `jobmount schedules`: the schedules of the service, and a new one.
import { type Command, InvalidArgumentError } from "commander";
import { type CliContext, settings } from "./context.ts";
import { usageError } from "./exit.ts";
import { type ParamArguments, paramOptions, readParams } from "./params.ts";
import { jobPath, type Page, type RemoteJob, type RemoteSchedule } from "./remote.ts";
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
      const found: RemoteSchedule[] = [];
      for (let next: string | null = ""; next !== null;) {
        const query = new URLSearchParams({ limit: "200" });
        if (options.job) query.set("job", options.job);
        if (next) query.set("cursor", next);
        const page = (await server.ask("GET", `/schedules?${query}`, { signal }))
          .body as Page<RemoteSchedule>;
        found.push(...page.data);
        next = page.page.hasMore ? page.page.next : null;
      }
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
      const job = (await server.ask("GET", jobPath(key), { signal })).body as RemoteJob;
      const params = await readParams(job, options, context);
      const body = { job: key.replaceAll("/", "."), cron, every, at, timeZone, name, overlap, params };
      const schedule = (await server.ask("POST", "/schedules", { body, signal })).body as RemoteSchedule;
      if (options.json) return terminal.json(schedule);
      terminal.data(schedule.id);
      terminal.say(`${schedule.sentence}; next: ${nextOf(schedule)}`);
    });
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
