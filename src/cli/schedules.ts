// `jobmount schedules`: the schedules of the service: all, a new one, one switched on or off, one ended.
import { type Command, InvalidArgumentError } from "commander";
import { type CliContext, settings } from "./context.ts";
import { usageError } from "./exit.ts";
import { jobNames } from "./job-names.ts";
import { type ParamArguments, paramOptions, readParams } from "./params.ts";
import { fetchAll, fetchJob, type RemoteEffect, type RemoteSchedule } from "./remote.ts";
import { define as definePreview } from "./preview.ts";
import { defineEdit } from "./schedule-edit.ts";
import { defineControls, effectText, FAILURES, nextOf, wholeNumber } from "./schedule-controls.ts";
import { SCHEDULE_ARGUMENT, scheduleIdOf, schedulePath } from "./schedule-name.ts";
import { needServer } from "./server.ts";
import { table } from "./terminal.ts";

interface CreateOptions extends ParamArguments {
  cron?: string;
  every?: string;
  at?: string;
  tz?: string;
  name?: string;
  overlap?: string;
  pauseAfterFailures?: string;
  json?: boolean;
}

export function define(command: Command, context: CliContext): void {
  const { terminal, signal } = context;
  command
    .command("list")
    .description("all schedules with their next fire")
    .option("--job <key>", "of this job")
    .option("--source <name>", "of the jobs of this source, also of one that is not configured any more")
    .option("--json", "as JSON")
    .action(async (options: { job?: string; source?: string; json?: boolean }) => {
      const server = await needServer(context, settings(context));
      const { job, source } = options;
      const query: Record<string, string> = { ...(job ? { job } : {}), ...(source ? { source } : {}) };
      const found = await fetchAll<RemoteSchedule>(server, "/schedules", query, signal);
      if (options.json) return terminal.json(found);
      if (found.length === 0) return terminal.say("There are no schedules.");
      const named = await jobNames(server, signal);
      const rows = found.map((schedule) => row(schedule, named(schedule.source, schedule.job)));
      terminal.data(table([["SCHEDULE", "JOB", "WHEN", "NEXT"], ...rows]));
    });
  paramOptions(command.command("create").argument("<key>", "the job"))
    .description("a new schedule: exactly one of --cron, --every and --at")
    .option("--cron <text>", "five or six fields, or @daily and its kin")
    .option("--every <duration>", "an interval such as 15m")
    .option("--at <time>", "one instant, RFC 3339")
    .option("--tz <zone>", "IANA time zone")
    .option("--name <name>", "what people call it", nonEmpty)
    .option("--overlap <policy>", "skip, buffer_one, buffer_all, cancel_other, allow_all")
    .option("--pause-after-failures <n>", "it pauses itself after n failed runs in a row")
    .option("--json", "print the schedule as JSON")
    .action(async (key: string, options: CreateOptions) => {
      const { cron, every, at, tz: timeZone, name, overlap } = options;
      if ([cron, every, at].filter((one) => one !== undefined).length !== 1) {
        throw usageError("give exactly one of --cron, --every and --at");
      }
      const server = await needServer(context, settings(context));
      const job = await fetchJob(server, key, signal);
      const params = await readParams(job, options, context);
      const pauseAfterFailures = wholeNumber("--pause-after-failures", options.pauseAfterFailures, FAILURES);
      const when = { cron, every, at, timeZone };
      const body = { job: key.replaceAll("/", "."), ...when, name, overlap, pauseAfterFailures, params };
      const schedule = (await server.ask("POST", "/schedules", { body, signal, again: true }))
        .body as RemoteSchedule;
      if (options.json) return terminal.json(schedule);
      terminal.data(schedule.id);
      terminal.say(`${schedule.sentence}; next: ${nextOf(schedule)}`);
    });
  defineEdit(command, context);
  definePreview(
    command.command("preview").description("say in words when a cron text fires, and the next times"),
    context,
  );
  defineSwitch(command, context, "enable");
  defineSwitch(command, context, "disable");
  command
    .command("delete")
    .argument("<schedule>", SCHEDULE_ARGUMENT)
    .description("end a schedule: its waiting runs are cancelled, its history stays")
    .action(async (schedule: string) => {
      const server = await needServer(context, settings(context));
      const id = await scheduleIdOf(server, schedule, signal);
      await server.ask("DELETE", schedulePath(id), { signal });
      terminal.say(`${id} is deleted; its runs stay: npx jobmount runs list`);
    });
  defineControls(command, context);
}

function defineSwitch(command: Command, context: CliContext, verb: "enable" | "disable"): void {
  const { terminal, signal } = context;
  const enabled = verb === "enable";
  command
    .command(verb)
    .argument("<schedule>", SCHEDULE_ARGUMENT)
    .description(enabled ? "let a schedule fire again, from now on" : "keep a schedule from firing")
    .option("--dry-run", "only say what it would do to fires that are owed")
    .option("--json", "print the answer as JSON")
    .action(async (schedule: string, { dryRun, json }: { dryRun?: boolean; json?: boolean }) => {
      const server = await needServer(context, settings(context));
      const path = schedulePath(await scheduleIdOf(server, schedule, signal));
      const { etag } = await server.ask("GET", path, { signal });
      const headers = { "if-match": etag ?? "*", "content-type": "application/merge-patch+json" };
      const answer = await server.ask("PATCH", path, { body: { enabled, dryRun }, headers, signal });
      if (json) return terminal.json(answer.body);
      if (dryRun) return terminal.data(effectText(answer.body as RemoteEffect));
      const shown = answer.body as RemoteSchedule;
      const next = enabled ? `next: ${nextOf(shown)}` : "it does not fire until it is enabled";
      terminal.say(`${shown.id} is ${verb}d; ${next}`);
    });
}

function nonEmpty(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("It must not be empty.");
  return text;
}

function row(schedule: RemoteSchedule, job: string): string[] {
  const when = schedule.name === null ? schedule.sentence : `${schedule.name}: ${schedule.sentence}`;
  return [schedule.id, job, when, schedule.enabled ? stateOf(schedule) : "disabled"];
}

/** The next fire, or what keeps it from firing. */
function stateOf(schedule: RemoteSchedule): string {
  const { suspended } = schedule;
  if (!suspended) return nextOf(schedule);
  return suspended.until === null ? suspended.reason : `${suspended.reason} until ${suspended.until}`;
}
