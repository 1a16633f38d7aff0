// `jobmount start`: the service, until a signal ends it.
import type { Command } from "commander";
import { type CliContext, settings } from "./context.ts";
import { serve } from "./serve.ts";
import { reportLines, reportLog } from "./start-report.ts";

export function define(command: Command, context: CliContext): void {
  command.action(async () => {
    const { config } = settings(context);
    const { terminal } = context;
    await serve(context, config, {}, (report, log) => {
      // JSON lines stay JSON lines when that was asked for; otherwise somebody may be reading.
      if (config.logFormat === "json") reportLog(report, log);
      else terminal.say(reportLines(report).join("\n"));
    });
  });
}
