// `jobmount schedules edit`: changes some fields of a schedule, as it was when it was read.
import type { Command } from "commander";
import { type CliContext, settings } from "./context.ts";
import { usageError } from "./exit.ts";
import { type ParamArguments, paramOptions, readParams } from "./params.ts";
import { fetchJob, type RemoteEffect, type RemoteSchedule } from "./remote.ts";
import { effectText, FAILURES, nextOf, wholeNumber } from "./schedule-controls.ts";
import { SCHEDULE_ARGUMENT, scheduleIdOf, schedulePath } from "./schedule-name.ts";
import { needServer } from "./server.ts";

interface EditOptions extends ParamArguments {
  cron?: string;
  every?: string;
  at?: string;
  tz?: string;
  name?: string;
  overlap?: string;
  timeout?: string;
  pauseAfterFailures?: string;
  dryRun?: boolean;
  json?: boolean;
}

export function defineEdit(command: Command, context: CliContext): void {
  const { terminal, signal } = context;
  paramOptions(command.command("edit").argument("<schedule>", SCHEDULE_ARGUMENT))
    .description("change what is given, and nothing else; refused when somebody else changed it meanwhile")
    .option("--cron <text>", "five or six fields, or @daily and its kin")
    .option("--every <duration>", "an interval such as 15m")
    .option("--at <time>", "one instant, RFC 3339")
    .option("--tz <zone>", "IANA time zone")
    .option("--name <name>", "what people call it")
    .option("--overlap <policy>", "skip, buffer_one, buffer_all, cancel_other, allow_all")
    .option("--timeout <duration>", "of its runs, such as 10m")
    .option("--pause-after-failures <n>", "it pauses itself after n failed runs in a row")
    .option("--dry-run", "only say what it would do to fires that are owed")
    .option("--json", "print the answer as JSON")
    .action(async (named: string, options: EditOptions) => {
      const { cron, every, at, tz: timeZone, name, overlap, timeout, dryRun } = options;
      if ([cron, every, at].filter((one) => one !== undefined).length > 1)
        throw usageError("give at most one of --cron, --every and --at");
      const pauseAfterFailures = wholeNumber("--pause-after-failures", options.pauseAfterFailures, FAILURES);
      const server = await needServer(context, settings(context));
      const path = schedulePath(await scheduleIdOf(server, named, signal));
      const { body: read, etag } = await server.ask("GET", path, { signal });
      const { source, job } = read as RemoteSchedule;
      const asksParams = options.param !== undefined || options.params !== undefined;
      const params = asksParams
        ? await readParams(await fetchJob(server, `${source}:${job}`, signal), options, context)
        : undefined;
      const patch = { cron, every, at, timeZone, name, overlap, timeout, pauseAfterFailures, params };
      if (Object.values(patch).every((value) => value === undefined))
        throw usageError("say what is to be changed: --cron, --tz, --name, -p …");
      const headers = { "if-match": etag ?? "*", "content-type": "application/merge-patch+json" };
      const answer = await server.ask("PATCH", path, { body: { ...patch, dryRun }, headers, signal });
      if (options.json) return terminal.json(answer.body);
      if (dryRun) return terminal.data(effectText(answer.body as RemoteEffect));
      const shown = answer.body as RemoteSchedule;
      terminal.say(`${shown.id} is changed: ${shown.sentence}; next: ${nextOf(shown)}`);
    });
}
