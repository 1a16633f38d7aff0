// `jobmount config`: looks for problems in the settings, or prints what is in force.
import type { Command } from "commander";
import { configurationDoc, showConfig } from "../config/show.ts";
import { type CliContext, settings } from "./context.ts";
import { table } from "./terminal.ts";

export function define(command: Command, context: CliContext): void {
  const { terminal } = context;
  command
    .command("check")
    .description("list every problem of the settings; exit code 78 when there is one")
    .action(() => {
      settings(context);
      terminal.say("The settings are right.");
    });
  command
    .command("print")
    .description("print every setting with its value and where it came from; secrets are masked")
    .option("--json", "as JSON")
    .action((options: { json?: boolean }) => {
      const shown = showConfig(settings(context));
      if (options.json) return terminal.json(shown);
      terminal.data(
        table(shown.map(({ name, value, from }) => [name, value ?? "-", from === name ? "env" : from])),
      );
    });
  command
    .command("docs")
    .description("print the page of documentation that this table makes")
    .action(() => terminal.data(configurationDoc().trimEnd()));
}
