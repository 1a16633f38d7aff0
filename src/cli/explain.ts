// `jobmount explain <schedule> 'yesterday 02:00'`: why it did, did not or will (not) run then, in three lines for a chat.
import type { Command } from "commander";
import { type CliContext, settings } from "./context.ts";
import { SCHEDULE_ARGUMENT, scheduleIdOf, schedulePath } from "./schedule-name.ts";
import { needServer } from "./server.ts";
import { printable } from "./terminal.ts";

export function define(command: Command, context: CliContext): void {
  const { terminal, signal } = context;
  command
    .argument("<schedule>", SCHEDULE_ARGUMENT)
    .argument(
      "[time]",
      "an instant, or a time on the schedule's own clock: 'yesterday 02:00', 'monday 9:30'",
      "now",
    )
    .option("--json", "as JSON, with every fact")
    .action(async (schedule: string, time: string, options: { json?: boolean }) => {
      const server = await needServer(context, settings(context));
      const id = await scheduleIdOf(server, schedule, signal);
      const path = `${schedulePath(id)}/explain?at=${encodeURIComponent(time)}`;
      const told = (await server.ask("GET", path, { signal })).body as { lines: string[] };
      if (options.json) terminal.json(told);
      else terminal.data(told.lines.map(printable).join("\n"));
    });
}
