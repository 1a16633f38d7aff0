// `jobmount dev [dir]`: the service for writing jobs, with one line per event.
import type { Command } from "commander";
import { resolve } from "node:path";
import { type CliContext, settings } from "./context.ts";
import { eventText } from "./dev-events.ts";
import { serve } from "./serve.ts";
import { reportLines } from "./start-report.ts";

/** Settings that differ while developing, where the environment does not say otherwise. */
const DEFAULTS = {
  TASK_DATABASE_URL: "sqlite:./.jobmount/jobmount.db",
  DATA_DATABASE_URL: "sqlite:./.jobmount/data.db",
  // The events are told in lines of their own.
  JOBMOUNT_LOG_LEVEL: "warn",
  JOBMOUNT_LOG_FORMAT: "text",
};

export function define(command: Command, context: CliContext): void {
  const { terminal } = context;
  command
    .argument("[dir]", "the folder of jobs; EXTERNAL_TASKS_PATH unless given")
    .option("--schedules", "let schedules fire; they do not unless asked")
    .action(async (dir: string | undefined, options: { schedules?: boolean }) => {
      const { config } = settings(context, { defaults: DEFAULTS });
      const sources =
        dir === undefined ? config.sources : [{ name: "default", path: resolve(context.cwd, dir) }];
      const several = sources.length > 1;
      await serve(
        context,
        { ...config, sources },
        {
          schedules: options.schedules === true,
          onEvent: (event) => {
            const text = eventText(event, terminal, several);
            if (text !== null) terminal.say(text);
          },
        },
        (report) => {
          terminal.say([...reportLines(report), ""].join("\n"));
          terminal.say(
            options.schedules === true
              ? "Schedules fire. Save a job.ts to load it; Ctrl-C ends."
              : "Schedules do not fire (--schedules lets them). Save a job.ts to load it; Ctrl-C ends.",
          );
        },
      );
    });
}
