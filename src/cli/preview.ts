// `jobmount preview '<cron>'`: what a cron text means, and when it fires next. The same rules as the service's.
import { type Command, InvalidArgumentError } from "commander";
import { type CliContext, settings } from "./context.ts";
import { table } from "./terminal.ts";

interface PreviewOptions {
  tz?: string;
  count: number;
  json?: boolean;
}

export function define(command: Command, context: CliContext): void {
  const { terminal } = context;
  command
    .argument("<cron>", "five or six fields in quotes, or @daily and its kin")
    .option("--tz <zone>", "IANA time zone; JOBMOUNT_TIME_ZONE unless given")
    .option("--count <n>", "how many fires, 1 to 100", countOf, 5)
    .option("--json", "as JSON")
    .action(async (cron: string, options: PreviewOptions) => {
      const { config } = settings(context);
      const { readWhen } = await import("../schedules/input.ts");
      const { previewOf } = await import("../schedules/preview.ts");
      const now = Date.now();
      const fields = { cron, timeZone: options.tz };
      const read = readWhen(fields, { now, timeZone: config.timeZone });
      const { sentence, timeZone, nextFires, warnings } = previewOf(read.when, {
        from: now,
        count: options.count,
        timeZone: read.timeZone,
        zoneDefaulted: read.zoneDefaulted,
      });
      if (options.json) {
        const fires = nextFires.map(({ utc, local }) => ({ at: utc, local }));
        return terminal.json({ sentence, timeZone, nextFires: fires, warnings });
      }
      terminal.say(sentence);
      if (nextFires.length > 0) terminal.data(table(nextFires.map(({ utc, local }) => [utc, local])));
      for (const { code, message } of warnings) {
        const text =
          code === "zone_defaulted" ? `no time zone was named, so ${timeZone} holds (--tz)` : message;
        terminal.say(terminal.paint("yellow", `note: ${text}`));
      }
    });
}

function countOf(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > 100) throw new InvalidArgumentError("It must be a whole number from 1 to 100.");
  return count;
}
