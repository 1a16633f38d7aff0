// `jobmount schedules pause|resume|skip-next|copy|backfill|cancel-backfill|explain`: schedules of a service, taken in hand.
import type { Command } from "commander";
import { MOST_RUNS } from "../runs/backfill-input.ts";
import { MOST_SKIPS } from "../schedules/control-input.ts";
import { type CliContext, settings } from "./context.ts";
import { usageError } from "./exit.ts";
import { define as defineExplain } from "./explain.ts";
import { type ParamArguments, paramOptions, readParams } from "./params.ts";
import { fetchJob, jobPath, type RemoteEffect, type RemoteSchedule } from "./remote.ts";
import { SCHEDULE_ARGUMENT, scheduleIdOf, schedulePath } from "./schedule-name.ts";
import { needServer, type Server } from "./server.ts";
import { printable } from "./terminal.ts";

/** What is meant: one schedule, or all of a job, of a source, or of the service. */
interface Scope {
  job?: string;
  source?: string;
  all?: boolean;
}

interface PauseOptions extends Scope {
  until?: string;
  reason?: string;
  json?: boolean;
}

interface ResumeOptions extends Scope {
  reason?: string;
  dryRun?: boolean;
  json?: boolean;
}

interface BackfillOptions {
  from: string;
  to?: string;
  max?: string;
  only?: string;
  dryRun?: boolean;
  json?: boolean;
}

interface CopyOptions extends ParamArguments {
  job?: string;
  cron?: string;
  every?: string;
  at?: string;
  tz?: string;
  name?: string;
  json?: boolean;
}

/** Of a backfill that says no `--max`. */
const MAX_RUNS = 100;

export function defineControls(command: Command, context: CliContext): void {
  definePause(command, context);
  defineResume(command, context);
  defineSkipNext(command, context);
  defineCopy(command, context);
  defineBackfill(command, context);
  defineExplain(
    command.command("explain").description("why it did, did not or will (not) run at a time"),
    context,
  );
}

function definePause(command: Command, context: CliContext): void {
  const { terminal, signal } = context;
  scoped(command.command("pause"))
    .description("nothing of it fires until it is resumed; what was due meanwhile stays skipped")
    .option(
      "--until <time>",
      'it passes by itself: "tomorrow 06:00", RFC 3339, or a duration from now such as 2h',
    )
    .option("--reason <text>", "for whoever wonders")
    .option("--json", "print the answer as JSON")
    .action(async (schedule: string | undefined, { until, reason, json, ...scope }: PauseOptions) => {
      const server = await needServer(context, settings(context));
      const { path, what } = await scopeOf(server, schedule, scope, signal);
      const answer = (await server.ask("POST", `${path}/pause`, { body: { until, reason }, signal }))
        .body as { paused: { until: string | null } };
      if (json) return terminal.json(answer);
      const end = answer.paused.until === null ? "it is resumed" : answer.paused.until;
      terminal.say(`${what} is paused until ${end}`);
    });
}

function defineResume(command: Command, context: CliContext): void {
  const { terminal, signal } = context;
  scoped(command.command("resume"))
    .description("end a pause")
    .option("--dry-run", "only say how many fires would run, and how many stay skipped")
    .option("--reason <text>", "for whoever wonders")
    .option("--json", "print the answer as JSON")
    .action(async (schedule: string | undefined, { dryRun, reason, json, ...scope }: ResumeOptions) => {
      const server = await needServer(context, settings(context));
      const { path, what } = await scopeOf(server, schedule, scope, signal);
      const { body } = await server.ask("POST", `${path}/resume`, { body: { dryRun, reason }, signal });
      if (json) return terminal.json(body);
      if (dryRun) return terminal.data(effectText(body as RemoteEffect));
      const { suspended } = body as RemoteSchedule;
      terminal.say(
        `${what} is resumed${suspended ? `, and still suspended: ${printable(suspended.cause)}` : ""}`,
      );
    });
}

function defineSkipNext(command: Command, context: CliContext): void {
  const { terminal, signal } = context;
  command
    .command("skip-next")
    .argument("<schedule>", SCHEDULE_ARGUMENT)
    .description("leave the next fire out; asked twice, it is the same one")
    .option("--count <n>", "the next n fires; 0 takes it back (1)")
    .option("--reason <text>", "for whoever wonders")
    .option("--json", "print the schedule as JSON")
    .action(async (schedule: string, options: { count?: string; reason?: string; json?: boolean }) => {
      const server = await needServer(context, settings(context));
      const path = schedulePath(await scheduleIdOf(server, schedule, signal));
      const body = { count: wholeNumber("--count", options.count, [0, MOST_SKIPS]), reason: options.reason };
      const shown = (await server.ask("POST", `${path}/skip-next`, { body, signal })).body as RemoteSchedule;
      if (options.json) return terminal.json(shown);
      const skipped = (shown.skipNext ?? []).map(({ at }) => at);
      const next = nextOf(shown);
      terminal.say(
        `${skipped.length === 0 ? "nothing is skipped" : `skipped: ${skipped.join(", ")}`}; next: ${next}`,
      );
    });
}

function defineCopy(command: Command, context: CliContext): void {
  const { terminal, signal } = context;
  paramOptions(command.command("copy").argument("<schedule>", SCHEDULE_ARGUMENT))
    .description("a new schedule like it, paused; params that are secret are to be given again")
    .option("--job <key>", "for another job")
    .option("--cron <text>", "five or six fields, or @daily and its kin")
    .option("--every <duration>", "an interval such as 15m")
    .option("--at <time>", "one instant, RFC 3339")
    .option("--tz <zone>", "IANA time zone")
    .option("--name <name>", "what people call it")
    .option("--json", "print the schedule as JSON")
    .action(async (schedule: string, options: CopyOptions) => {
      const server = await needServer(context, settings(context));
      const id = await scheduleIdOf(server, schedule, signal);
      const of = (await server.ask("GET", schedulePath(id), { signal })).body as RemoteSchedule;
      const key = options.job ?? `${of.source}:${of.job}`;
      const params = await readParams(await fetchJob(server, key, signal), options, context);
      const { cron, every, at, tz: timeZone, name, job } = options;
      const body = { job: job?.replaceAll("/", "."), cron, every, at, timeZone, name, params };
      const made = (await server.ask("POST", `${schedulePath(id)}/copy`, { body, signal }))
        .body as RemoteSchedule;
      if (options.json) return terminal.json(made);
      terminal.data(made.id);
      terminal.say(`${made.sentence}; paused: npx jobmount schedules resume ${made.id}`);
    });
}

function defineBackfill(command: Command, context: CliContext): void {
  const { terminal, signal } = context;
  command
    .command("backfill")
    .argument("<schedule>", SCHEDULE_ARGUMENT)
    .description("a run for each instant of a past range that has not run")
    .requiredOption("--from <time>", 'the first instant: RFC 3339, or "yesterday 02:00"')
    .option("--to <time>", "the last one; now unless given")
    .option("--max <n>", "refuse more runs than this (100, at most 1000)")
    .option("--only <which>", "not_run (unless given), not_succeeded or all")
    .option("--dry-run", "only say how many would run")
    .option("--json", "print the answer as JSON")
    .action(async (schedule: string, options: BackfillOptions) => {
      const server = await needServer(context, settings(context));
      const path = schedulePath(await scheduleIdOf(server, schedule, signal));
      const { from, to, only, dryRun } = options;
      const max = wholeNumber("--max", options.max, [1, MOST_RUNS]);
      const body = { from, to, only, dryRun, max };
      const made = (await server.ask("POST", `${path}/backfill`, { body, signal, again: true }))
        .body as RemoteBackfill;
      if (options.json) return terminal.json(made);
      if (made.batch !== null) terminal.data(made.batch);
      const would = dryRun ? "would run" : "will run";
      const range = made.runs === 0 ? "" : `, from ${made.from} to ${made.to}`;
      const left = made.leftOut ? `; ${made.leftOut} have run already` : "";
      const most = max ?? MAX_RUNS;
      const beyond = dryRun && made.runs > most ? `; more than --max ${most}: it would be refused` : "";
      terminal.say(
        `${made.runs} ${made.runs === 1 ? "instant" : "instants"} ${would}${range}${left}${beyond}`,
      );
      if (made.batch !== null)
        terminal.say(
          `npx jobmount runs list --batch ${made.batch}; to end it: npx jobmount schedules cancel-backfill ${made.batch}`,
        );
    });
  command
    .command("cancel-backfill")
    .argument("<batch>", "bat_…, as backfill printed it")
    .description("end a backfill: what waits at once, what runs as a cancelled run does")
    .option("--reason <text>", "for whoever wonders")
    .option("--json", "print the answer as JSON")
    .action(async (batch: string, { reason, json }: { reason?: string; json?: boolean }) => {
      const server = await needServer(context, settings(context));
      const path = `/batches/${encodeURIComponent(batch)}/cancel`;
      const ended = (await server.ask("POST", path, { body: { reason }, signal })).body as RemoteBatch;
      if (json) return terminal.json(ended);
      terminal.say(
        `${ended.cancelled} cancelled, ${ended.asked} that run are asked to end, of ${ended.runs}`,
      );
    });
}

interface RemoteBackfill {
  batch: string | null;
  runs: number;
  leftOut?: number;
  from: string | null;
  to: string | null;
}

interface RemoteBatch {
  runs: number;
  cancelled: number;
  asked: number;
}

/** Adds what `scopeOf` reads. */
function scoped(command: Command): Command {
  return command
    .argument("[schedule]", SCHEDULE_ARGUMENT)
    .option("--job <key>", "all schedules of this job instead")
    .option("--source <name>", "all schedules of this source instead")
    .option("--all", "everything instead");
}

async function scopeOf(
  server: Server,
  schedule: string | undefined,
  { job, source, all }: Scope,
  signal: AbortSignal,
): Promise<{ path: string; what: string }> {
  const given = Object.entries({ "a schedule": schedule, "--job": job, "--source": source, "--all": all })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (given.length === 0) throw usageError("say what: a schedule, or one of --job, --source and --all");
  if (given.length > 1)
    throw usageError(
      `${given.join(" and ")} are given, and each means something else: leave all but one out`,
    );
  if (job !== undefined) return { path: jobPath(job), what: `the job ${job}` };
  if (source !== undefined)
    return { path: `/sources/${encodeURIComponent(source)}`, what: `the source ${source}` };
  if (all) return { path: "/scheduler", what: "everything" };
  const id = await scheduleIdOf(server, schedule!, signal);
  return { path: schedulePath(id), what: id };
}

/** What a change would do to the fires that are owed. */
export function effectText({
  runs,
  skipped,
  skippedFrom,
  skippedThrough,
  nextFireAt,
  schedules,
}: RemoteEffect): string {
  const range = skippedFrom === null ? "" : ` (${skippedFrom} to ${skippedThrough})`;
  const of =
    schedules === undefined ? "" : `, over ${schedules} ${schedules === 1 ? "schedule" : "schedules"}`;
  const fires = runs === 1 ? "fire" : "fires";
  return `${runs} ${fires} would run, ${skipped ?? "many"} stay skipped${range}${of}; next: ${nextFireAt ?? "none"}`;
}

/** The next fire that will run; what keeps it from firing, when that has no end; or that nothing comes any more. */
export function nextOf({ nextFires, suspended }: RemoteSchedule): string {
  const [next] = nextFires;
  if (next) return next.local;
  return suspended ? `none, because ${printable(suspended.cause).replace(/^skipped: /, "")}` : "never again";
}

/** The number that an option was given; exit code 2 when it is none that the option takes. */
export function wholeNumber(
  option: string,
  text: string | undefined,
  [min, max]: readonly [number, number],
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw usageError(`${option} takes a whole number from ${min} to ${max}, but is ${JSON.stringify(text)}`);
}

/** Of `--pause-after-failures`. */
export const FAILURES = [1, 100] as const;
