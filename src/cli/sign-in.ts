// `jobmount sign-in`: a fresh one-time link, from the running service or from its database.
import type { Command } from "commander";
import { type CliContext, settings } from "./context.ts";
import { signInLink } from "./sign-in-link.ts";

export function define(command: Command, context: CliContext): void {
  const { terminal } = context;
  command.option("--json", "as JSON").action(async (options: { json?: boolean }) => {
    const { served, ...link } = await signInLink(context, settings(context));
    if (options.json) return terminal.json(link);
    terminal.data(link.url);
    terminal.say(`Works once, until ${link.expiresAt.replace(/\.\d+Z$/, "Z")}.`);
    if (!served) terminal.say("No service runs on this database: start it, then open the link.");
  });
}
