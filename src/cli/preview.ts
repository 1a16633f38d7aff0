// `jobmount preview '<cron>'`: what a cron text means, and when it fires next. The same rules as the service's.
import { type Command, InvalidArgumentError } from "commander";
import { type CliContext, settings } from "./context.ts";
import { needServer } from "./server.ts";
import { table } from "./terminal.ts";

interface PreviewOptions {
  tz?: string;
  count: number;
  from?: string;
  job?: string;
  json?: boolean;
}

/** As POST /schedules/preview answers it. */
interface Shown {
  sentence: string;
  timeZone: string;
  nextFires: { at: string; local: string }[];
  warnings: { code: string; message: string }[];
}

export function define(command: Command, context: CliContext): void {
  const { terminal } = context;
  command
    .argument("<cron>", "five or six fields in quotes, or @daily and its kin")
    .option("--tz <zone>", "IANA time zone; JOBMOUNT_TIME_ZONE unless given")
    .option("--count <n>", "how many fires, 1 to 100", countOf, 5)
    .option(
      "--from <time>",
      "those after this time, an instant or a time on the zone's clock; now unless given",
    )
    .option(
      "--job <key>",
      "a job of the service: warns when that usually takes longer than from one fire to the next",
    )
    .option("--json", "as JSON")
    .action(async (cron: string, options: PreviewOptions) => {
      const shown = await (options.job === undefined ? here : onServer)(cron, options, context);
      if (options.json) return terminal.json(shown);
      const { sentence, timeZone, nextFires, warnings } = shown;
      terminal.say(sentence);
      if (nextFires.length > 0) terminal.data(table(nextFires.map(({ at, local }) => [at, local])));
      for (const { code, message } of warnings) {
        const text =
          code === "zone_defaulted" ? `no time zone was named, so ${timeZone} holds (--tz)` : message;
        terminal.say(terminal.paint("yellow", `note: ${text}`));
      }
    });
}

/** By itself, without a service. */
async function here(cron: string, options: PreviewOptions, context: CliContext): Promise<Shown> {
  const { config } = settings(context);
  const { readPreview } = await import("../schedules/preview-input.ts");
  const { previewOf } = await import("../schedules/preview.ts");
  const { tz, count, from } = options;
  const defaults = { now: Date.now(), timeZone: config.timeZone };
  const { when, options: read } = readPreview({ cron, timeZone: tz, count, from }, defaults);
  const { sentence, timeZone, nextFires, warnings } = previewOf(when, read);
  const fires = nextFires.map(({ utc, local }) => ({ at: utc, local }));
  return { sentence, timeZone, nextFires: fires, warnings };
}

/** What a job usually takes only the service knows. */
async function onServer(cron: string, options: PreviewOptions, context: CliContext): Promise<Shown> {
  const server = await needServer(context, settings(context));
  const { tz: timeZone, count, from, job } = options;
  const body = { cron, timeZone, count, from, job: job!.replaceAll("/", ".") };
  const answer = await server.ask("POST", "/schedules/preview", { body, signal: context.signal });
  const shown = answer.body as Shown;
  const nextFires = shown.nextFires.map(({ at, local }) => ({ at: at.replace(".000Z", "Z"), local }));
  return { ...shown, nextFires };
}

function countOf(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > 100) throw new InvalidArgumentError("It must be a whole number from 1 to 100.");
  return count;
}
